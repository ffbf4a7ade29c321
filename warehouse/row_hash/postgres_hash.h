#pragma once

#include <cstdint>
#include <string_view>

/// PostgreSQL's own 64-bit hashes (src/common/hashfn.c: Bob Jenkins' lookup3, seeded), as a little-endian
/// server computes them. They have been the same since PostgreSQL 11, for partitions are laid out by them.
namespace walferry {

/// hash_bytes_extended: hashtextextended of a text in collation C, uuid_hash_extended of 16 bytes.
std::uint64_t postgres_hash(std::string_view bytes, std::uint64_t seed);

/// hash_bytes_uint32_extended: hashint4extended.
std::uint64_t postgres_hash_uint32(std::uint32_t value, std::uint64_t seed);

/// hashint8extended, which folds the halves: 2^32 and 1 are the same to it.
std::uint64_t postgres_hash_int64(std::int64_t value, std::uint64_t seed);

/// hashfloat8extended: -0 is 0, all NaN are one.
std::uint64_t postgres_hash_double(double value, std::uint64_t seed);

}  // namespace walferry
