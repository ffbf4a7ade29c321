#pragma once

#include <optional>
#include <string>

#include "warehouse/warehouse.h"

namespace walferry {

/// `{"columns": […], "rows": [[…]]}`; values are texts or null, bytes that are not UTF-8 replaced.
std::string result_json(const QueryResult& result);

/// Reads it back; empty when it is something else.
std::optional<QueryResult> parse_result_json(const std::string& text);

}  // namespace walferry
