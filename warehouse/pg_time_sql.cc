#include "warehouse/pg_time_sql.h"

#include <fmt/format.h>

namespace walferry {

std::string microseconds_sql(WarehouseKind kind, std::string_view column) {
    constexpr std::int64_t unix_to_pg_microseconds = 946'684'800'000'000;
    if (kind == WarehouseKind::DuckDb)
        return fmt::format("epoch_us({}) - {}", column, unix_to_pg_microseconds);
    return fmt::format("CAST(extract(epoch FROM {}) * 1000000 AS bigint) - {}", column,
                       unix_to_pg_microseconds);
}

}  // namespace walferry
