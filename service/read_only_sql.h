#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "warehouse/warehouse.h"

namespace walferry {

struct SqlLimits {
    std::optional<std::chrono::milliseconds> time_max;  ///< empty: as long as it takes
    std::optional<std::uint64_t> rows_max;              ///< empty: all of them
};

/// Why this is no query (one statement that reads), judged by its first words; empty when it may be one. The
/// transaction is read-only besides; this keeps away what that does not stop: COPY … TO, ATTACH, SET, LOAD.
std::optional<std::string> query_problem(std::string_view sql);

/// Runs one query in a read-only transaction that is always rolled back. Ended by the time limit or by `stop`
/// with kind Cancelled; more rows than allowed, or no query, give kind Data.
Result<QueryResult> run_read_only(WarehouseSession& session, WarehouseKind kind, const std::string& sql,
                                  const SqlLimits& limits, std::stop_token stop);

/// For a session in the service's own database: no files, no extensions, and no way back, from here on, for
/// all of DuckDB; and on PostgreSQL no superuser, nor who may become one or has the server's files and
/// programs, from which no read-only transaction keeps them.
Status close_off(WarehouseSession& session, WarehouseKind kind);

}  // namespace walferry
