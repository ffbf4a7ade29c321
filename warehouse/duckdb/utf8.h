#pragma once

#include <string_view>

namespace walferry {

/// Whether `text` is valid UTF-8 (Unicode 15, table 3-7). DuckDB demands it and a source with SQL_ASCII does
/// not.
bool is_valid_utf8(std::string_view text);

}  // namespace walferry
