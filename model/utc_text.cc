#include "model/utc_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace walferry {

namespace {

constexpr std::int64_t microseconds_a_second = 1'000'000;
constexpr std::int64_t pg_epoch_seconds = 946'684'800;  // 2000-01-01 in Unix time

}  // namespace

std::string utc_text(PgTime time) {
    std::int64_t seconds = time / microseconds_a_second;
    std::int64_t microseconds = time % microseconds_a_second;
    if (microseconds < 0) {
        --seconds;
        microseconds += microseconds_a_second;
    }
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z",
                       fmt::gmtime(static_cast<std::time_t>(seconds + pg_epoch_seconds)), microseconds);
}

PgTime from_unix_microseconds(std::int64_t microseconds) {
    return microseconds - pg_epoch_seconds * microseconds_a_second;
}

}  // namespace walferry
