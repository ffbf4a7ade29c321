#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <type_traits>

#include "model/byte_order.h"

namespace walferry {

/// Reads `count` decimal digits, 19 at most (they always fit); false when one of them is no digit.
inline bool read_digits(const char* from, std::size_t count, std::uint64_t& value) {
    std::uint64_t result = 0;
    for (; count >= 8; count -= 8, from += 8) {
        // Eight digits at once: pairs, then fours, then all eight, each step one multiplication.
        std::uint64_t chunk;
        std::memcpy(&chunk, from, 8);
        const std::uint64_t above_nine = (chunk + 0x0606060606060606u) & 0xF0F0F0F0F0F0F0F0u;
        if ((chunk & 0xF0F0F0F0F0F0F0F0u) != 0x3030303030303030u || above_nine != 0x3030303030303030u)
            return false;
        chunk -= 0x3030303030303030u;
        chunk = chunk * 10 + (chunk >> 8);
        chunk = ((chunk & 0x000000FF000000FFu) * 0x000F424000000064u +
                 ((chunk >> 16) & 0x000000FF000000FFu) * 0x0000271000000001u) >>
                32;
        result = result * 100000000u + chunk;
    }
    for (; count > 0; --count, ++from) {
        const unsigned digit = static_cast<unsigned char>(*from) - unsigned{'0'};
        if (digit > 9) return false;
        result = result * 10 + digit;
    }
    value = result;
    return true;
}

/// Like all encode_… functions of this folder: encode_text for one type.
template <std::integral T>
char* encode_integer(std::string_view text, char* to) {
    const bool negative = !text.empty() && text.front() == '-';
    if (negative) text.remove_prefix(1);
    if (negative && std::is_unsigned_v<T>) return nullptr;
    if (text.empty() || text.size() > std::numeric_limits<T>::digits10 + 1) return nullptr;
    std::uint64_t magnitude;
    if (!read_digits(text.data(), text.size(), magnitude)) return nullptr;
    if (magnitude > std::uint64_t{std::numeric_limits<T>::max()} + (negative ? 1 : 0)) return nullptr;
    store_big_endian(to, static_cast<T>(negative ? 0 - magnitude : magnitude));
    return to + sizeof(T);
}

char* encode_float4(std::string_view text, char* to);
char* encode_float8(std::string_view text, char* to);
char* encode_money(std::string_view text, char* to);

}  // namespace walferry
