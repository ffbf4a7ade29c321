#include "warehouse/row_hash/value_form.h"

#include "model/pg_types.h"
#include "warehouse/encoding/binary_form.h"

namespace walferry {
namespace {

constexpr const char* as_it_is = "{v}";
/// What the type's output function writes. A cast to text would change char(n) and inet.
constexpr const char* output_text = "pg_catalog.concat({v})";

/// A type of the source, or of an array's elements there.
struct Scalar {
    std::uint32_t oid = 0;
    char kind = 'b';
    std::int32_t modifier = -1;
};

struct Chosen {
    ValueForm form;
    std::string value;
};

std::string text_value(const Scalar& type) {
    switch (type.oid) {
        case pg_types::text:
        case pg_types::varchar:
            return as_it_is;
        case pg_types::name:
        case pg_types::json:
        case pg_types::jsonb:
            return "({v})::text";
        default:
            return type.kind == 'e' ? "({v})::text" : output_text;
    }
}

/// numeric as double, for values that a double can hold; others were refused.
constexpr const char* rounded_numeric =
    "CASE WHEN {v} IN ('NaN', 0) OR pg_catalog.abs({v}) BETWEEN 2.3e-308 AND 1.7976931348623157e308 OR "
    "({v})::text LIKE '%Inf%' THEN ({v})::float8 END";

/// By the encoding in which the value is loaded.
Chosen choose(const Scalar& type, Encoding encoding, const std::string& target_type) {
    switch (encoding) {
        case Encoding::Bool:
        case Encoding::Int2:
            return {ValueForm::Int32, "({v})::int4"};
        case Encoding::Int4:
            return {ValueForm::Int32, as_it_is};
        case Encoding::Int8:
            return {ValueForm::Int64, as_it_is};
        case Encoding::Oid:
            return {ValueForm::Int64, "({v})::int8"};
        case Encoding::Float4:
            return {ValueForm::Float, "({v})::float8"};
        case Encoding::Float8:
            return {ValueForm::Float, as_it_is};
        case Encoding::Numeric:
            if (target_type == "DOUBLE") return {ValueForm::Float, rounded_numeric};
            return {ValueForm::Numeric, as_it_is};
        case Encoding::Money:
            return {ValueForm::Numeric, "({v})::numeric"};
        case Encoding::Bytea:
            return {ValueForm::Bytes, as_it_is};
        case Encoding::Date:
            return {ValueForm::Date, as_it_is};
        case Encoding::Time:
        case Encoding::Timestamp:
            return {ValueForm::Micros, as_it_is};
        case Encoding::TimeTz:
            return {ValueForm::TimeTz, as_it_is};
        case Encoding::Interval:
            return {ValueForm::Interval, as_it_is};
        case Encoding::Uuid:
            return {ValueForm::Uuid, as_it_is};
        case Encoding::Text:
        case Encoding::Jsonb:
        case Encoding::Array:
        case Encoding::ArrayJson:
        case Encoding::ArrayJsonb:
            break;
    }
    return {ValueForm::Text, text_value(type)};
}

ComparedColumn compare_in_duckdb(const SourceType& type, const TargetColumn& target, std::uint64_t seed) {
    const bool list = target.encoding.kind == Encoding::Array;
    const Scalar scalar =
        list ? Scalar{type.element_oid, type.element_kind, -1} : Scalar{type.oid, type.kind, type.modifier};
    const std::string stored = list ? target.sql_type.substr(0, target.sql_type.rfind('[')) : target.sql_type;
    Chosen chosen = choose(scalar, list ? target.encoding.element : target.encoding.kind, stored);
    return {{chosen.form, list, seed, list && scalar.kind == 'c'}, std::move(chosen.value), ""};
}

/// The same expression on both sides.
ComparedColumn same_on_both(Chosen chosen, std::uint64_t seed) {
    return {{chosen.form, false, seed, false}, chosen.value, chosen.value};
}

/// A built-in type that the configuration made another one.
std::optional<ComparedColumn> compare_overridden(Encoding encoding, const std::string& target_type,
                                                 std::uint64_t seed) {
    const bool integer = encoding == Encoding::Int2 || encoding == Encoding::Int4 ||
                         encoding == Encoding::Int8 || encoding == Encoding::Oid;
    const bool integer_there =
        target_type == "smallint" || target_type == "integer" || target_type == "bigint";
    if (integer && integer_there) return same_on_both({ValueForm::Int64, "({v})::int8"}, seed);
    const bool number = encoding == Encoding::Float4 || encoding == Encoding::Float8 || integer;
    if (number && target_type == "double precision") {
        // The warehouse reads the source's text, so that 0.1 as real becomes 0.1.
        return ComparedColumn{{ValueForm::Float, false, seed, false}, "({v})::text::float8", as_it_is};
    }
    const bool instant =
        target_type == "timestamp without time zone" || target_type == "timestamp with time zone";
    if (encoding == Encoding::Timestamp && instant) return same_on_both({ValueForm::Micros, as_it_is}, seed);
    return std::nullopt;
}

bool is_text_type(const std::string& sql_type) {
    return sql_type == "text" || sql_type == "text[]" || sql_type == "character varying";
}

std::optional<ComparedColumn> compare_in_postgres(const SourceType& type, const TargetColumn& target,
                                                  std::uint64_t seed) {
    const auto encoding = binary_encoding(type.oid);
    const Scalar scalar{type.oid, type.kind, type.modifier};
    const bool same = target.sql_type == type.sql;
    // 1.0 and 1.00 are two values without a precision that makes them one.
    const bool any_scale = type.oid == pg_types::numeric && type.modifier < 4;
    if (encoding && same && !any_scale) return same_on_both(choose(scalar, *encoding, ""), seed);
    if (same || is_text_type(target.sql_type)) {
        return ComparedColumn{{ValueForm::Text, false, seed, false}, output_text, output_text};
    }
    if (encoding) return compare_overridden(*encoding, target.sql_type, seed);
    // The same type under a name that needs its schema at the source and not in the warehouse.
    if (target.weaker.empty()) {
        return ComparedColumn{{ValueForm::Text, false, seed, false}, output_text, output_text};
    }
    return std::nullopt;
}

/// Spreads counted numbers over 64 bits (splitmix64).
std::uint64_t spread(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15u;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

}  // namespace

std::uint64_t column_seed(std::size_t place) {
    return spread(place);
}

std::uint64_t null_hash(std::uint64_t seed) {
    return spread(~seed);
}

std::uint64_t part_seed(std::uint64_t seed, unsigned part) {
    return spread(seed ^ part);
}

std::optional<ComparedColumn> compare_as(const SourceColumn& source, const TargetColumn& target,
                                         WarehouseKind kind, std::size_t place) {
    const std::uint64_t seed = column_seed(place);
    if (target.encoding.kind == Encoding::ArrayJson || target.encoding.kind == Encoding::ArrayJsonb)
        return std::nullopt;
    if (kind == WarehouseKind::DuckDb) return compare_in_duckdb(source.type, target, seed);
    return compare_in_postgres(source.type, target, seed);
}

}  // namespace walferry
