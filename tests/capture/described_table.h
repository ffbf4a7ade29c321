#pragma once

#include <pqxx/pqxx>
#include <string>

#include "model/source_table.h"

namespace walferry::testing {

/// A table of the source with all its columns, read without the code under test.
inline SourceTable described_table(pqxx::connection& connection, const std::string& schema,
                                   const std::string& name) {
    pqxx::nontransaction work(connection);
    SourceTable table;
    table.schema = schema;
    table.name = name;
    const pqxx::result relation = work.exec(
        "SELECT c.oid, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = " +
        work.quote(schema) + " AND c.relname = " + work.quote(name));
    table.id = relation[0][0].as<RelationId>();
    table.kind = relation[0][1].as<std::string>()[0];
    const auto rows = work.exec(
        "SELECT a.attname, a.attnum, a.atttypid, b.oid, n.nspname, b.typname, "
        "CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END, "
        "format_type(b.oid, CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END), b.typtype, "
        "coalesce(e.oid, 0), e.typname, e.typtype, a.attnotnull "
        "FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
        "JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END "
        "JOIN pg_namespace n ON n.oid = b.typnamespace "
        "LEFT JOIN pg_type d ON d.oid = b.typelem AND b.typcategory = 'A' "
        "LEFT JOIN pg_type e ON e.oid = CASE WHEN d.typtype = 'd' THEN d.typbasetype ELSE d.oid END "
        "WHERE a.attrelid = " +
        std::to_string(table.id) + " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum");
    for (const auto& row : rows) {
        SourceColumn column;
        column.name = row[0].as<std::string>();
        column.attnum = static_cast<std::int16_t>(row[1].as<int>());
        column.declared_type_oid = row[2].as<std::uint32_t>();
        column.type.oid = row[3].as<std::uint32_t>();
        column.type.schema = row[4].as<std::string>();
        column.type.name = row[5].as<std::string>();
        column.type.modifier = row[6].as<std::int32_t>();
        column.type.sql = row[7].as<std::string>();
        column.type.kind = row[8].as<std::string>()[0];
        column.type.element_oid = row[9].as<std::uint32_t>();
        if (!row[10].is_null()) column.type.element_name = row[10].as<std::string>();
        if (!row[11].is_null()) column.type.element_kind = row[11].as<std::string>()[0];
        column.not_null = row[12].as<bool>();
        table.columns.push_back(std::move(column));
    }
    return table;
}

}  // namespace walferry::testing
