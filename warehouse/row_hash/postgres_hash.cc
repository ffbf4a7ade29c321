#include "warehouse/row_hash/postgres_hash.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace walferry {
namespace {

struct State {
    std::uint32_t a, b, c;

    /// The golden ratio, as lookup3 has it, and PostgreSQL's addend.
    explicit State(std::uint32_t length, std::uint64_t seed) {
        a = b = c = 0x9e3779b9u + length + 3923095u;
        if (seed == 0) return;
        a += static_cast<std::uint32_t>(seed >> 32);
        b += static_cast<std::uint32_t>(seed);
        mix();
    }

    void mix() {
        a -= c, a ^= std::rotl(c, 4), c += b;
        b -= a, b ^= std::rotl(a, 6), a += c;
        c -= b, c ^= std::rotl(b, 8), b += a;
        a -= c, a ^= std::rotl(c, 16), c += b;
        b -= a, b ^= std::rotl(a, 19), a += c;
        c -= b, c ^= std::rotl(b, 4), b += a;
    }

    std::uint64_t finish() {
        c ^= b, c -= std::rotl(b, 14);
        a ^= c, a -= std::rotl(c, 11);
        b ^= a, b -= std::rotl(a, 25);
        c ^= b, c -= std::rotl(b, 16);
        a ^= c, a -= std::rotl(c, 4);
        b ^= a, b -= std::rotl(a, 14);
        c ^= b, c -= std::rotl(b, 24);
        return static_cast<std::uint64_t>(b) << 32 | c;
    }
};

constexpr std::size_t block = 12;

std::uint32_t word_at(const char* bytes) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

/// The last, incomplete block. Its third word begins at the second byte: the lowest is reserved for the
/// length.
void add_tail(State& state, std::string_view tail) {
    char padded[block + 1] = {};
    std::memcpy(padded, tail.data(), std::min<std::size_t>(tail.size(), 8));
    if (tail.size() > 8) std::memcpy(padded + 9, tail.data() + 8, tail.size() - 8);
    state.a += word_at(padded);
    state.b += word_at(padded + 4);
    state.c += word_at(padded + 8);
}

}  // namespace

std::uint64_t postgres_hash(std::string_view bytes, std::uint64_t seed) {
    State state(static_cast<std::uint32_t>(bytes.size()), seed);
    for (; bytes.size() >= block; bytes.remove_prefix(block)) {
        state.a += word_at(bytes.data());
        state.b += word_at(bytes.data() + 4);
        state.c += word_at(bytes.data() + 8);
        state.mix();
    }
    add_tail(state, bytes);
    return state.finish();
}

std::uint64_t postgres_hash_uint32(std::uint32_t value, std::uint64_t seed) {
    State state(sizeof value, seed);
    state.a += value;
    return state.finish();
}

std::uint64_t postgres_hash_int64(std::int64_t value, std::uint64_t seed) {
    const auto high = static_cast<std::uint32_t>(static_cast<std::uint64_t>(value) >> 32);
    return postgres_hash_uint32(static_cast<std::uint32_t>(value) ^ (value >= 0 ? high : ~high), seed);
}

std::uint64_t postgres_hash_double(double value, std::uint64_t seed) {
    if (value == 0) return seed;
    if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    return postgres_hash({bytes, sizeof bytes}, seed);
}

}  // namespace walferry
