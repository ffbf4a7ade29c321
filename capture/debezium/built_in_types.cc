#include "capture/debezium/built_in_types.h"

#include <fmt/format.h>

#include "model/pg_types.h"

namespace walferry::debezium {

namespace {

struct BuiltIn {
    std::uint32_t oid;
    std::uint32_t array_oid;
    const char* name;
    const char* sql;
};

constexpr BuiltIn built_ins[] = {
    {pg_types::text, 1009, "text", "text"},
    {pg_types::boolean, 1000, "bool", "boolean"},
    {pg_types::bytea, 1001, "bytea", "bytea"},
    {pg_types::int8, 1016, "int8", "bigint"},
    {pg_types::int2, 1005, "int2", "smallint"},
    {pg_types::int4, 1007, "int4", "integer"},
    {pg_types::json, 199, "json", "json"},
    {pg_types::float4, 1021, "float4", "real"},
    {pg_types::float8, 1022, "float8", "double precision"},
    {pg_types::date, 1182, "date", "date"},
    {pg_types::time, 1183, "time", "time without time zone"},
    {pg_types::timestamp, 1115, "timestamp", "timestamp without time zone"},
    {pg_types::timestamptz, 1185, "timestamptz", "timestamp with time zone"},
    {pg_types::interval, 1187, "interval", "interval"},
    {pg_types::timetz, 1270, "timetz", "time with time zone"},
    {pg_types::numeric, 1231, "numeric", "numeric"},
    {pg_types::uuid, 2951, "uuid", "uuid"},
    {pg_types::jsonb, 3807, "jsonb", "jsonb"},
    {oids::xml, 143, "xml", "xml"},
    {oids::point, 1017, "point", "point"},
    {oids::line, 629, "line", "line"},
    {oids::circle, 719, "circle", "circle"},
    {oids::bit, 1561, "bit", "bit"},
    {oids::varbit, 1563, "varbit", "bit varying"},
    {oids::tsvector, 3643, "tsvector", "tsvector"},
};

const BuiltIn& find_built_in(std::uint32_t oid) {
    for (const BuiltIn& type : built_ins) {
        if (type.oid == oid) return type;
    }
    return built_ins[0];
}

std::string sql_name(const BuiltIn& type, std::int32_t modifier) {
    if (modifier < 0) return type.sql;
    if (type.oid == pg_types::numeric)
        return fmt::format("numeric({},{})", numeric_precision(modifier), numeric_scale(modifier));
    if (type.oid == oids::bit || type.oid == oids::varbit) return fmt::format("{}({})", type.sql, modifier);
    return type.sql;
}

}  // namespace

SourceType built_in_type(std::uint32_t oid, std::int32_t modifier) {
    const BuiltIn& built_in = find_built_in(oid);
    SourceType type;
    type.oid = built_in.oid;
    type.schema = "pg_catalog";
    type.name = built_in.name;
    type.modifier = modifier;
    type.sql = sql_name(built_in, modifier);
    return type;
}

SourceType array_type(const SourceType& element) {
    const BuiltIn& built_in = find_built_in(element.oid);
    SourceType type;
    type.oid = built_in.array_oid;
    type.schema = "pg_catalog";
    type.name = std::string("_") + built_in.name;
    type.modifier = element.modifier;
    type.sql = element.sql + "[]";
    type.element_oid = element.oid;
    type.element_name = element.name;
    type.element_kind = 'b';
    type.element_sql = element.sql;
    return type;
}

// The modifier of numeric: precision in the upper half, scale in eleven bits with sign, and 4 (VARHDRSZ).
std::int32_t numeric_modifier(std::int32_t precision, std::int32_t scale) {
    return ((precision << 16) | (scale & 0x7ff)) + 4;
}

std::int32_t numeric_precision(std::int32_t modifier) {
    return ((modifier - 4) >> 16) & 0xffff;
}

std::int32_t numeric_scale(std::int32_t modifier) {
    return (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
}

}  // namespace walferry::debezium
