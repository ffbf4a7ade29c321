#pragma once

#include <optional>
#include <string>

#include "model/source_table.h"

namespace walferry {

/// The type of a source whose values a column of this SQL type holds: how a target that is there already says
/// what events without a schema mean. `sql_type` as a warehouse prints it, DuckDB's or PostgreSQL's; none for
/// types that tell nothing.
std::optional<SourceType> source_type_of(const std::string& sql_type);

}  // namespace walferry
