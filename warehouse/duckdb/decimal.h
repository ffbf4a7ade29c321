#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace walferry {

__extension__ using Int128 = __int128;

/// Reads numeric_send's bytes as DuckDB stores DECIMAL(width, scale): the value times 10^scale, in the
/// integer type that DuckDB takes for the width. Returns nullptr, or why the value has no exact form.
const char* read_decimal(std::string_view numeric, int width, int scale, std::int64_t& value);
const char* read_decimal(std::string_view numeric, int width, int scale, Int128& value);

/// 10^exponent, for 0 to 38.
Int128 power_of_ten(int exponent);

/// What PostgreSQL would print for numeric_send's bytes.
std::string numeric_text(std::string_view numeric);

}  // namespace walferry
