#include "apply/contract_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "model/pg_types.h"

namespace walferry {

namespace {

/// Other names of built-in types, by what format_type prints.
constexpr std::pair<std::string_view, std::string_view> other_names[] = {
    {"int", "integer"},
    {"int4", "integer"},
    {"int2", "smallint"},
    {"int8", "bigint"},
    {"bool", "boolean"},
    {"decimal", "numeric"},
    {"float4", "real"},
    {"float8", "double precision"},
    {"float", "double precision"},
    {"varchar", "character varying"},
    {"char", "character"},
    {"bpchar", "character"},
    {"timestamptz", "timestamp with time zone"},
    {"timestamp", "timestamp without time zone"},
    {"timetz", "time with time zone"},
    {"time", "time without time zone"},
};

/// What format_type prints for the types that a table may be altered to without its catalog being at hand.
constexpr std::pair<std::uint32_t, const char*> built_in_types[] = {
    {pg_types::boolean, "boolean"},
    {pg_types::bytea, "bytea"},
    {pg_types::name, "name"},
    {pg_types::int8, "bigint"},
    {pg_types::int2, "smallint"},
    {pg_types::int4, "integer"},
    {pg_types::text, "text"},
    {pg_types::oid, "oid"},
    {pg_types::json, "json"},
    {pg_types::float4, "real"},
    {pg_types::float8, "double precision"},
    {pg_types::money, "money"},
    {pg_types::bpchar, "character"},
    {pg_types::varchar, "character varying"},
    {pg_types::date, "date"},
    {pg_types::time, "time without time zone"},
    {pg_types::timestamp, "timestamp without time zone"},
    {pg_types::timestamptz, "timestamp with time zone"},
    {pg_types::interval, "interval"},
    {pg_types::timetz, "time with time zone"},
    {pg_types::numeric, "numeric"},
    {pg_types::uuid, "uuid"},
    {pg_types::jsonb, "jsonb"},
};

/// Lower case, single spaces, none next to a bracket or comma.
std::string tidy(const std::string& text) {
    constexpr std::string_view closes_up = "(),[]";
    std::string tidied;
    bool space = false;
    for (const char letter : text) {
        if (std::isspace(static_cast<unsigned char>(letter))) {
            space = !tidied.empty();
            continue;
        }
        const bool tight =
            closes_up.find(letter) != std::string_view::npos ||
            (!tidied.empty() && closes_up.substr(0, 4).find(tidied.back()) != std::string_view::npos &&
             tidied.back() != ')');
        if (space && !tight) tidied += ' ';
        space = false;
        tidied += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    }
    return tidied;
}

/// timestamp(3) with time zone → {timestamp with time zone, (3)}; brackets of an array stay with the name.
std::pair<std::string, std::string> split_modifier(const std::string& type) {
    const auto open = type.find('('), close = type.find(')');
    if (open == std::string::npos || close == std::string::npos || close < open) return {type, ""};
    return {type.substr(0, open) + type.substr(close + 1), type.substr(open, close + 1 - open)};
}

std::string full_name(const std::string& name) {
    const auto brackets = name.find('[');
    const std::string element = name.substr(0, brackets);
    const auto other = std::find_if(std::begin(other_names), std::end(other_names),
                                    [&](const auto& pair) { return pair.first == element; });
    if (other == std::end(other_names)) return name;
    return std::string(other->second) + (brackets == std::string::npos ? "" : name.substr(brackets));
}

ContractBreach missing(const std::string& column, const std::string& rule) {
    return {column, rule, fmt::format("column {} is not there, but the contract names it", column)};
}

}  // namespace

bool type_is(const SourceType& type, const std::string& wanted) {
    const auto [wanted_name, wanted_modifier] = split_modifier(tidy(wanted));
    const auto [name, modifier] = split_modifier(tidy(type.sql));
    const bool same_name = full_name(wanted_name) == name || wanted_name == tidy(type.name) ||
                           wanted_name == tidy(type.schema + "." + type.name);
    return same_name && (wanted_modifier.empty() || wanted_modifier == modifier);
}

std::vector<ContractBreach> schema_breaches(const ContractConfig& config, const SourceTable& table) {
    std::vector<ContractBreach> breaches;
    const auto find = [&](const std::string& name) {
        return std::find_if(table.columns.begin(), table.columns.end(),
                            [&](const SourceColumn& column) { return column.name == name; });
    };
    for (const std::string& name : config.required) {
        if (find(name) == table.columns.end()) breaches.push_back(missing(name, "required"));
    }
    for (const ColumnContract& column : config.columns) {
        const auto found = find(column.name);
        if (column.type.empty() || found == table.columns.end() || type_is(found->type, column.type))
            continue;
        breaches.push_back({column.name, "type",
                            fmt::format("column {} is {}, but the contract says {}", column.name,
                                        found->type.sql, column.type)});
    }
    return breaches;
}

std::vector<ContractBreach> schema_breaches(const ContractConfig& config, const Relation& relation,
                                            const SourceTable& known) {
    SourceTable now = known;
    now.columns.clear();
    const auto described = [&](const Column& column) {
        SourceColumn source;
        source.name = column.name;
        for (const SourceColumn& before : known.columns) {
            if (before.declared_type_oid != column.type_oid) continue;
            source.type = before.type;
            // The modifier is the column's own, and what it means is known only where it did not change.
            if (before.name == column.name && before.type.modifier == column.type_modifier) return source;
        }
        if (source.type.oid != 0) {
            source.type.sql = split_modifier(source.type.sql).first;
            return source;
        }
        source.type.oid = column.type_oid;
        source.type.sql = fmt::format("the type with OID {}", column.type_oid);
        for (const auto& [oid, name] : built_in_types) {
            if (oid == column.type_oid) source.type.sql = name;
        }
        return source;
    };
    for (const Column& column : relation.columns) now.columns.push_back(described(column));
    std::vector<ContractBreach> breaches = schema_breaches(config, now);
    const auto has = [](const SourceTable& table, const std::string& name) {
        return std::any_of(table.columns.begin(), table.columns.end(),
                           [&](const SourceColumn& column) { return column.name == name; });
    };
    for (const ColumnContract& column : config.columns) {
        const bool required =
            std::find(config.required.begin(), config.required.end(), column.name) != config.required.end();
        if (!required && has(known, column.name) && !has(now, column.name))
            breaches.push_back(missing(column.name, "required"));
    }
    return breaches;
}

}  // namespace walferry
