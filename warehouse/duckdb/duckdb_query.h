#pragma once

#include <duckdb.h>

#include <optional>
#include <span>
#include <string>

#include "warehouse/warehouse.h"

namespace walferry {

/// Runs one statement and gives its result as the text that DuckDB prints. Parameters are bound as VARCHAR.
Result<QueryResult> run_query(duckdb_connection connection, const std::string& sql,
                              std::span<const std::optional<std::string>> parameters);

}  // namespace walferry
