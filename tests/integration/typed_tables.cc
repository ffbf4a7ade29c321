#include "tests/integration/typed_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "model/quote.h"

namespace walferry::testing {
namespace {

using Stored = TypedColumn::Stored;

std::string column_name(const TypedTable& table, std::size_t index) {
    std::string name = fmt::format("c{}_{}", index, table.columns[index].type);
    for (char& letter : name)
        if (!std::isalnum(static_cast<unsigned char>(letter))) letter = '_';
    return name;
}

std::string literal(const TypedColumn& column, int row) {
    const std::string text = column.values[static_cast<std::size_t>(row) % column.values.size()];
    if (text.starts_with('=')) return text.substr(1);
    return quote_literal(text) + "::" + column.type;
}

bool is_text(const TypedColumn& column, Target target) {
    return column.stored == (target == Target::Postgres ? Stored::AsTextInPostgres : Stored::AsTextInDuckDb);
}

/// `column = value` or, without names, the values alone.
std::string values_of(const TypedTable& table, int row, bool with_names) {
    std::string list;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        list += i ? ", " : "";
        if (with_names) list += column_name(table, i) + " = ";
        list += literal(table.columns[i], row);
    }
    return list;
}

}  // namespace

int TypedTable::row_count() const {
    std::size_t count = 1;
    for (const TypedColumn& column : columns) count = std::max(count, column.values.size());
    return static_cast<int>(count);
}

std::string source_types_sql() {
    return warehouse_types_sql() +
           "CREATE EXTENSION citext; CREATE EXTENSION ltree;"
           "CREATE TYPE mood AS ENUM ('sad', 'it''s \"fine\", really', '', 'ünïcode 🦆');"
           "CREATE TYPE pair AS (a integer, b text);"
           "CREATE TYPE nest AS (p pair, ps pair[], m mood, n numeric(10,2), t timestamptz);"
           "CREATE TYPE float_range AS RANGE (subtype = float8);"
           "CREATE DOMAIN positive AS integer CHECK (VALUE > 0);"
           "CREATE DOMAIN percent AS positive CHECK (VALUE <= 100);"
           "CREATE DOMAIN amount AS numeric(12,4); CREATE DOMAIN stamp AS timestamptz(3);"
           "CREATE DOMAIN ints AS integer[]; CREATE DOMAIN more_ints AS ints;"
           "CREATE DOMAIN pair_domain AS pair; CREATE DOMAIN mood_domain AS mood;"
           "CREATE DOMAIN range_domain AS int4range; CREATE DOMAIN label AS citext;";
}

std::string warehouse_types_sql() {
    return "CREATE EXTENSION hstore;"
           "CREATE TYPE known_mood AS ENUM ('sad', 'it''s \"fine\", really', '');"
           "CREATE TYPE known_pair AS (a integer, b text);";
}

std::string create_sql(const TypedTable& table, Target target) {
    std::string sql = "CREATE TABLE " + table.name + " (id integer PRIMARY KEY, touched integer";
    std::string comments;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const std::string name = column_name(table, i);
        sql += ", " + name + " " + table.columns[i].type;
        if (is_text(table.columns[i], target))
            comments += fmt::format("COMMENT ON COLUMN {}.{} IS 'text form';", table.name, name);
    }
    sql += ");" + comments;
    if (table.full_identity) sql += "ALTER TABLE " + table.name + " REPLICA IDENTITY FULL;";
    return sql;
}

std::string insert_sql(const TypedTable& table, int first_id) {
    std::string sql;
    for (int row = 0; row < table.row_count(); ++row)
        sql += fmt::format("INSERT INTO {} VALUES ({}, 0, {});", table.name, first_id + row,
                           values_of(table, row, false));
    return sql;
}

std::string shift_sql(const TypedTable& table, int first_id) {
    std::string sql;
    for (int row = 0; row < table.row_count(); ++row)
        sql += fmt::format("UPDATE {} SET {} WHERE id = {};", table.name, values_of(table, row + 1, true),
                           first_id + row);
    return sql;
}

std::string clear_sql(const TypedTable& table, int id) {
    std::string list;
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        list += (i ? ", " : "") + column_name(table, i) + " = NULL";
    return fmt::format("UPDATE {} SET {} WHERE id = {};", table.name, list, id);
}

std::string overrides_yaml(const TypedTable& table, Target target) {
    std::string list;
    if (target == Target::DuckDb)
        for (std::size_t i = 0; i < table.columns.size(); ++i)
            if (is_text(table.columns[i], target))
                list += (list.empty() ? "" : ", ") + column_name(table, i) + ": varchar";
    return list.empty() ? list : "{ " + list + " }";
}

}  // namespace walferry::testing
