#pragma once

#include <string>

#include "model/error.h"
#include "model/source_table.h"
#include "warehouse/target_table.h"

namespace walferry {

/// Where a source column goes in DuckDB. `override_type` is the configured type as DuckDB prints it, empty
/// without; kind Schema where values of the source's type can't be taken into it without a guess.
Result<TargetColumn> map_duckdb_column(const SourceColumn& column, const std::string& override_type);

}  // namespace walferry
