#include "warehouse/postgres/postgres_types.h"

#include <fmt/format.h>

#include "warehouse/encoding/binary_form.h"
#include "warehouse/postgres/postgres_errors.h"

namespace walferry {
namespace {

/// FirstNormalObjectId: types of extensions and users begin here.
constexpr std::uint32_t first_user_oid = 16384;

Error schema_error(std::string message) {
    return Error{.kind = ErrorKind::Schema, .message = std::move(message), .way_out = {}, .sqlstate = {}};
}

TargetColumn text_form(const SourceColumn& column, std::string sql_type) {
    return TargetColumn{.name = column.name,
                        .sql_type = std::move(sql_type),
                        .encoding = {},
                        .not_null = column.not_null,
                        .binary_loadable = false,
                        .weaker = {}};
}

/// json has no equality, by which rows are told apart: an array becomes jsonb.
TargetColumn json_array(const SourceColumn& column) {
    TargetColumn target = text_form(column, "jsonb");
    target.encoding = {Encoding::ArrayJsonb, Encoding::Text, column.type.element_oid};
    target.binary_loadable = true;
    target.weaker = "kept as a JSON array, as configured";
    return target;
}

TargetColumn plain_text(const SourceColumn& column) {
    TargetColumn target = text_form(column, "text");
    target.binary_loadable = true;
    return target;
}

}  // namespace

Result<TargetColumn> PostgresTypes::map_column(const SourceColumn& column, const std::string& type_override) {
    WALFERRY_TRY(mapped, map_type(column));
    if (type_override.empty()) return mapped;
    const Result<std::string> wanted = normalise(type_override);
    if (!wanted) return wanted.error().in(fmt::format("column {}", column.name));
    if (wanted.value() == mapped.sql_type) return mapped;
    const bool json = wanted.value() == "json" || wanted.value() == "jsonb";
    if (json && column.type.is_array()) return json_array(column);
    TargetColumn target = wanted.value() == "text" ? plain_text(column) : text_form(column, wanted.value());
    target.weaker = fmt::format("configured as {} instead of {}", wanted.value(), column.type.sql);
    return target;
}

Result<TargetColumn> PostgresTypes::map_type(const SourceColumn& column) {
    const SourceType& type = column.type;
    if (const auto encoding = binary_encoding(type.oid)) {
        WALFERRY_TRY(sql, format_type(type.oid, type.modifier));
        TargetColumn target = text_form(column, std::move(sql));
        target.encoding.kind = *encoding;
        target.binary_loadable = true;
        return target;
    }
    if (type.is_array() && binary_encoding(type.element_oid)) {
        WALFERRY_TRY(element, format_type(type.element_oid, type.modifier));
        TargetColumn target = text_form(column, element + "[]");
        // The binary form of an array of a domain has the domain's OID in it, which means nothing elsewhere.
        if (type.oid >= first_user_oid) return target;
        target.encoding = {.kind = Encoding::Array,
                           .element = *binary_encoding(type.element_oid),
                           .element_oid = type.element_oid};
        target.binary_loadable = true;
        return target;
    }
    WALFERRY_TRY(same, same_type(type));
    if (same) {
        TargetColumn target = text_form(column, *same);
        target.binary_loadable = type.kind == 'e';  // its binary form is the label
        return target;
    }
    const bool labels = type.is_array() && type.element_kind == 'e';
    TargetColumn target = labels ? text_form(column, "text[]") : plain_text(column);
    target.weaker = fmt::format("the warehouse has no type {}.{}", type.schema, type.name);
    return target;
}

Result<std::optional<std::string>> PostgresTypes::same_type(const SourceType& type) {
    const std::pair key(type.schema + '\0' + type.name + '\0' + type.kind, type.modifier);
    if (const auto known = same_types_.find(key); known != same_types_.end()) return known->second;
    // The row type of a table doesn't count as the same composite type: tables of the warehouse have columns
    // more.
    static const std::string sql =
        "SELECT pg_catalog.format_type(t.oid, $4::int4) FROM pg_catalog.pg_type t "
        "JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace "
        "LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid "
        "WHERE n.nspname = $1 AND t.typname = $2 AND t.typtype::text = $3 AND t.typisdefined "
        "AND (c.oid IS NULL OR c.relkind = 'c')";
    const std::optional<std::string> parameters[] = {type.schema, type.name, std::string(1, type.kind),
                                                     std::to_string(type.modifier)};
    WALFERRY_TRY(result, session_.query(sql, parameters));
    std::optional<std::string> found;
    if (!result.rows.empty()) found = result.rows[0][0];
    same_types_.emplace(key, found);
    return found;
}

Result<std::string> PostgresTypes::format_type(std::uint32_t oid, std::int32_t modifier) {
    const std::pair key(oid, modifier);
    if (const auto known = formatted_.find(key); known != formatted_.end()) return known->second;
    const std::optional<std::string> parameters[] = {std::to_string(oid), std::to_string(modifier)};
    WALFERRY_TRY(result, session_.query("SELECT pg_catalog.format_type($1::oid, $2::int4)", parameters));
    const std::string text = result.rows[0][0].value_or("");
    formatted_.emplace(key, text);
    return text;
}

Result<std::string> PostgresTypes::normalise(const std::string& sql_type) {
    if (const auto known = normalised_.find(sql_type); known != normalised_.end()) return known->second;
    const std::optional<std::string> name[] = {sql_type};
    WALFERRY_TRY(found, session_.query("SELECT pg_catalog.to_regtype($1)::oid", name));
    if (!found.rows[0][0]) return schema_error(fmt::format("the warehouse has no type `{}`", sql_type));
    // to_regtype drops the modifier; the description of a column of that type has it. Nothing is executed.
    const std::string sql = fmt::format("SELECT NULL::{}", sql_type);
    const PostgresResult prepared(PQprepare(connection_.get(), "", sql.c_str(), 0, nullptr));
    if (PQresultStatus(prepared.get()) != PGRES_COMMAND_OK) return connection_.error(prepared.get());
    const PostgresResult described(PQdescribePrepared(connection_.get(), ""));
    if (PQresultStatus(described.get()) != PGRES_COMMAND_OK || PQnfields(described.get()) != 1)
        return connection_.error(described.get());
    // The modifier of a domain's column is that of its base type.
    const std::optional<std::string> parameters[] = {found.rows[0][0],
                                                     std::to_string(PQfmod(described.get(), 0))};
    WALFERRY_TRY(result, session_.query("SELECT pg_catalog.format_type(oid, CASE WHEN typtype = 'd' THEN -1 "
                                        "ELSE $2::int4 END) FROM pg_catalog.pg_type WHERE oid = $1::oid",
                                        parameters));
    const std::string text = result.rows.empty() ? "" : result.rows[0][0].value_or("");
    normalised_.emplace(sql_type, text);
    return text;
}

}  // namespace walferry
