#include "config/verify_keys.h"

namespace walferry {

namespace {

constexpr std::int64_t rows_per_second_max = 1'000'000'000;

}  // namespace

std::vector<Key> verify_keys() {
    return {
        {.path = "verify",
         .type = KeyType::Section,
         .description = "When the service compares source and warehouse by itself"},
        {.path = "verify.every",
         .type = KeyType::Duration,
         .description = "Time from the end of one comparison of all tables to the next",
         .required = true,
         .least = 1'000,
         .most = 3650 * day_ms},
        {.path = "verify.rate",
         .type = KeyType::Integer,
         .description = "Rows a second that it reads at the source; without it, as fast as it goes",
         .least = 1,
         .most = rows_per_second_max},
    };
}

}  // namespace walferry
