#pragma once

#include <string>
#include <string_view>

namespace walferry {

/// An SQL identifier in double quotes; the same in PostgreSQL and DuckDB.
std::string quote_identifier(std::string_view name);

/// An SQL string literal in single quotes, for servers with standard_conforming_strings on (and DuckDB).
std::string quote_literal(std::string_view text);

}  // namespace walferry
