#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace walferry {

/// Network byte order, which PostgreSQL's protocol and its binary COPY format use for every number.
static_assert(std::endian::native == std::endian::little, "walferry is built for little-endian machines");

template <std::integral T>
constexpr T swap_bytes(T value) {
    if constexpr (sizeof(T) == 1) return value;
    if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
    if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
    if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
}

/// Reads a big-endian number; `from` needs no alignment.
template <std::integral T>
T load_big_endian(const char* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return swap_bytes(value);
}

/// Writes a big-endian number; `to` needs no alignment.
template <std::integral T>
void store_big_endian(char* to, T value) {
    value = swap_bytes(value);
    std::memcpy(to, &value, sizeof value);
}

}  // namespace walferry
