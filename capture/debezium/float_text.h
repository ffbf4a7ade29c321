#pragma once

#include <string>
#include <string_view>

/// Floating point numbers in PostgreSQL's text (extra_float_digits 3: the fewest digits that read back as
/// the same number). Pure.
namespace walferry::debezium {

void append_float8(std::string& to, double value);
void append_float4(std::string& to, float value);

/// Reads what JSON or Java writes; false for what is no number, or beyond the type's range.
bool parse_float8(std::string_view text, double& to);
bool parse_float4(std::string_view text, float& to);

}  // namespace walferry::debezium
