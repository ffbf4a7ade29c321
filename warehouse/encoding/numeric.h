#pragma once

#include <cstdint>
#include <string_view>

namespace walferry {

/// The sign field of numeric_send (src/backend/utils/adt/numeric.c).
namespace numeric_sign {
inline constexpr std::uint16_t positive = 0x0000;
inline constexpr std::uint16_t negative = 0x4000;
inline constexpr std::uint16_t nan = 0xC000;
inline constexpr std::uint16_t infinity = 0xD000;
inline constexpr std::uint16_t negative_infinity = 0xF000;
}  // namespace numeric_sign

/// numeric's limits: digits before and after the point.
inline constexpr int numeric_integer_digits_max = 131072;
inline constexpr int numeric_scale_max = 16383;

char* encode_numeric(std::string_view text, char* to);

}  // namespace walferry
