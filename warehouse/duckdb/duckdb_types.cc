#include "warehouse/duckdb/duckdb_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "model/pg_types.h"

namespace walferry {
namespace {

struct MappedType {
    std::string sql;
    Encoding encoding = Encoding::Text;
    std::string weaker;
};

struct FixedType {
    std::uint32_t oid;
    const char* sql;
    Encoding encoding;
};
constexpr std::array<FixedType, 22> fixed_types = {{
    {pg_types::boolean, "BOOLEAN", Encoding::Bool},
    {pg_types::int2, "SMALLINT", Encoding::Int2},
    {pg_types::int4, "INTEGER", Encoding::Int4},
    {pg_types::int8, "BIGINT", Encoding::Int8},
    {pg_types::oid, "UINTEGER", Encoding::Oid},
    {pg_types::float4, "FLOAT", Encoding::Float4},
    {pg_types::float8, "DOUBLE", Encoding::Float8},
    {pg_types::money, "DECIMAL(19,2)", Encoding::Money},
    {pg_types::text, "VARCHAR", Encoding::Text},
    {pg_types::varchar, "VARCHAR", Encoding::Text},
    {pg_types::bpchar, "VARCHAR", Encoding::Text},
    {pg_types::name, "VARCHAR", Encoding::Text},
    {pg_types::bytea, "BLOB", Encoding::Bytea},
    {pg_types::date, "DATE", Encoding::Date},
    {pg_types::time, "TIME", Encoding::Time},
    {pg_types::timetz, "TIME WITH TIME ZONE", Encoding::TimeTz},
    {pg_types::timestamp, "TIMESTAMP", Encoding::Timestamp},
    {pg_types::timestamptz, "TIMESTAMP WITH TIME ZONE", Encoding::Timestamp},
    {pg_types::interval, "INTERVAL", Encoding::Interval},
    {pg_types::uuid, "UUID", Encoding::Uuid},
    // The source's text, so that the digits of numbers stay as they are.
    {pg_types::json, "JSON", Encoding::Text},
    {pg_types::jsonb, "JSON", Encoding::Text},
}};

/// What may stand in a wider or other type without loss, when the configuration says so.
struct Widening {
    Encoding encoding;
    std::string_view sql;
};
constexpr std::array<Widening, 9> widenings = {{
    {Encoding::Int2, "INTEGER"},
    {Encoding::Int2, "BIGINT"},
    {Encoding::Int4, "BIGINT"},
    {Encoding::Oid, "BIGINT"},
    {Encoding::Oid, "UBIGINT"},
    {Encoding::Float4, "DOUBLE"},
    {Encoding::Timestamp, "TIMESTAMP"},
    {Encoding::Timestamp, "TIMESTAMP WITH TIME ZONE"},
    {Encoding::Text, "JSON"},
}};

// Types with pg_type.typelem that are no arrays: name, int2vector, oidvector, point, lseg, box, line.
constexpr std::array<std::uint32_t, 7> subscriptable = {19, 22, 30, 600, 601, 603, 628};

bool is_real_array(const SourceType& type) {
    return type.is_array() &&
           std::find(subscriptable.begin(), subscriptable.end(), type.oid) == subscriptable.end();
}

/// The type of the elements; an array's modifier is that of its elements, where they are of no domain.
SourceType element_of(const SourceType& array) {
    SourceType element;
    element.oid = array.element_oid;
    element.name = array.element_name;
    element.modifier = array.modifier != -1 ? array.modifier : array.element_modifier;
    element.sql = array.element_sql;
    element.kind = array.element_kind;
    return element;
}

MappedType map_numeric(std::int32_t modifier) {
    if (modifier < 4) {
        return {"VARCHAR", Encoding::Text,
                "numeric without precision is kept as text: DuckDB's DECIMAL has 38 digits"};
    }
    const int precision = ((modifier - 4) >> 16) & 0xffff;
    const int scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
    if (precision > 38 || scale < 0 || scale > precision) {
        return {"VARCHAR", Encoding::Text,
                fmt::format("numeric({},{}) is kept as text: DuckDB's DECIMAL has no such form", precision,
                            scale)};
    }
    return {fmt::format("DECIMAL({},{})", precision, scale), Encoding::Numeric, ""};
}

MappedType map_scalar(const SourceType& type) {
    if (type.oid == pg_types::numeric) return map_numeric(type.modifier);
    const auto found = std::find_if(fixed_types.begin(), fixed_types.end(),
                                    [&](const FixedType& fixed) { return fixed.oid == type.oid; });
    if (found != fixed_types.end()) return {found->sql, found->encoding, ""};
    const std::string& name = type.sql.empty() ? type.name : type.sql;
    return {"VARCHAR", Encoding::Text,
            type.kind == 'e' ? fmt::format("the order and the set of labels of enum {} are not kept", name)
                             : fmt::format("{} is kept as PostgreSQL's text form", name)};
}

Result<MappedType> override_scalar(const SourceType& type, const MappedType& mapped,
                                   const std::string& wanted) {
    if (wanted == mapped.sql) return mapped;
    if (wanted == "VARCHAR") return MappedType{wanted, Encoding::Text, "kept as text, as configured"};
    if (type.oid == pg_types::numeric && wanted == "DOUBLE") {
        return MappedType{wanted, Encoding::Numeric,
                          "DOUBLE keeps 15 to 17 digits: values are rounded, as configured"};
    }
    if (type.oid == pg_types::numeric && wanted.starts_with("DECIMAL(")) {
        return MappedType{wanted, Encoding::Numeric, "a value that needs more digits is refused"};
    }
    const bool jsonable = wanted != "JSON" || type.oid == pg_types::text || type.oid == pg_types::varchar;
    for (const Widening& widening : widenings) {
        if (jsonable && widening.encoding == mapped.encoding && widening.sql == wanted) {
            return MappedType{wanted, mapped.encoding, ""};
        }
    }
    return Error{
        ErrorKind::Schema,
        fmt::format("{} can't be loaded into DuckDB's {}", type.sql.empty() ? type.name : type.sql, wanted),
        fmt::format("leave its type out of `types:` (it becomes {}), or use varchar", mapped.sql),
        {}};
}

Result<MappedType> map_type(const SourceType& type, const std::string& wanted) {
    const MappedType mapped = map_scalar(type);
    if (wanted.empty()) return mapped;
    return override_scalar(type, mapped, wanted);
}

TargetColumn target_column(const SourceColumn& column, const MappedType& mapped) {
    return TargetColumn{column.name,     mapped.sql, {mapped.encoding, Encoding::Text, 0},
                        column.not_null, true,       mapped.weaker};
}

Result<TargetColumn> map_array(const SourceColumn& column, const std::string& wanted) {
    if (wanted == "VARCHAR") {
        return target_column(column,
                             {wanted, Encoding::Text, "kept as PostgreSQL's text form, as configured"});
    }
    if (wanted == "JSON") {
        TargetColumn target =
            target_column(column, {wanted, Encoding::ArrayJson, "kept as a JSON array, as configured"});
        target.encoding.element_oid = column.type.element_oid;
        return target;
    }
    if (!wanted.empty() && !wanted.ends_with("[]")) {
        return Error{ErrorKind::Schema,
                     fmt::format("an array can't be loaded into DuckDB's {}", wanted),
                     "use TYPE[], json or varchar",
                     {}};
    }
    const std::string wanted_element = wanted.substr(0, wanted.empty() ? 0 : wanted.size() - 2);
    WALFERRY_TRY(element, map_type(element_of(column.type), wanted_element));
    TargetColumn target = target_column(column, element);
    target.sql_type += "[]";
    target.encoding = {Encoding::Array, element.encoding, column.type.element_oid};
    return target;
}

}  // namespace

Result<TargetColumn> map_duckdb_column(const SourceColumn& column, const std::string& override_type) {
    if (is_real_array(column.type)) {
        const Result<TargetColumn> target = map_array(column, override_type);
        if (!target) return target.error().in("column " + column.name);
        return target;
    }
    const Result<MappedType> mapped = map_type(column.type, override_type);
    if (!mapped) return mapped.error().in("column " + column.name);
    return target_column(column, mapped.value());
}

}  // namespace walferry
