#pragma once

#include <cstdint>

#include "model/source_table.h"

/// PostgreSQL's own types as the catalog would describe them, for columns that no catalog is asked about.
namespace walferry::debezium {

namespace oids {
inline constexpr std::uint32_t char_type = 18;
inline constexpr std::uint32_t xml = 142;
inline constexpr std::uint32_t point = 600;
inline constexpr std::uint32_t lseg = 601;
inline constexpr std::uint32_t path = 602;
inline constexpr std::uint32_t box = 603;
inline constexpr std::uint32_t polygon = 604;
inline constexpr std::uint32_t line = 628;
inline constexpr std::uint32_t circle = 718;
inline constexpr std::uint32_t bit = 1560;
inline constexpr std::uint32_t varbit = 1562;
inline constexpr std::uint32_t tsvector = 3614;
}  // namespace oids

/// The type with this OID; text for one that is not among those that Debezium's schemas can mean.
SourceType built_in_type(std::uint32_t oid, std::int32_t modifier = -1);

/// The array of such a type.
SourceType array_type(const SourceType& element);

/// numeric(precision, scale) as a type modifier, and back.
std::int32_t numeric_modifier(std::int32_t precision, std::int32_t scale);
std::int32_t numeric_precision(std::int32_t modifier);
std::int32_t numeric_scale(std::int32_t modifier);

}  // namespace walferry::debezium
