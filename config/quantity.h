#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Sizes, durations and numbers as the configuration spells them. Each reader is empty for what it doesn't
/// accept, overflow included.
namespace walferry {

/// A whole number, with a sign at most before its digits.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// Bytes: a number, a fraction allowed, and one of B, KB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB
/// (powers of 1024), in any case. The unit is required, as DuckDB requires it.
std::optional<std::int64_t> parse_bytes(std::string_view text);

/// Milliseconds: a whole number and one of ms, s, m, h, d. A plain 0 needs no unit.
std::optional<std::int64_t> parse_duration(std::string_view text);

/// Millionths: a decimal number such as 1 or 0.05, with six digits behind the point at most.
std::optional<std::int64_t> parse_fraction(std::string_view text);
std::string fraction_text(std::int64_t millionths);

/// In the largest unit that divides it: 64MiB, 90s.
std::string bytes_text(std::int64_t bytes);
std::string duration_text(std::int64_t milliseconds);

}  // namespace walferry
