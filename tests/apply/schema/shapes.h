#pragma once

#include <string>
#include <vector>

#include "apply/schema/shape_change.h"
#include "model/pg_types.h"

namespace walferry::testing {

inline SourceType scalar(std::uint32_t oid, const std::string& sql, std::int32_t modifier = -1) {
    SourceType type;
    type.oid = oid;
    type.schema = "pg_catalog";
    type.name = type.sql = sql;
    type.modifier = modifier;
    return type;
}
inline const SourceType int4_type = scalar(pg_types::int4, "integer");
inline const SourceType int8_type = scalar(pg_types::int8, "bigint");
inline const SourceType text_sql_type = scalar(pg_types::text, "text");

inline SourceColumn source_column(const std::string& name, std::int16_t attnum, const SourceType& type,
                                  bool key = false) {
    SourceColumn column;
    column.name = name;
    column.attnum = attnum;
    column.type = type;
    column.declared_type_oid = type.oid;
    column.not_null = column.in_primary_key = column.in_identity = key;
    return column;
}

/// A table (id, a, b, c: int4, text, text, text) whose rows are stored in file node 100.
inline TableShape known_table() {
    TableShape shape;
    shape.table.id = 7;
    shape.table.schema = "public";
    shape.table.name = "t";
    shape.table.columns = {source_column("id", 1, int4_type, true), source_column("a", 2, text_sql_type),
                           source_column("b", 3, text_sql_type), source_column("c", 4, text_sql_type)};
    shape.storage.leaves = {{7, {100, false}}};
    shape.storage.marks = {{1, 50}, {2, 50}, {3, 50}, {4, 50}};
    shape.storage.last_attnum = 4;
    return shape;
}

/// The catalog, with these columns now.
inline TableEvidence catalog_of(const std::vector<SourceColumn>& columns, const TableStorage& storage) {
    TableEvidence evidence;
    evidence.id = 7;
    evidence.schema = "public";
    evidence.name = "t";
    evidence.storage = storage;
    for (const SourceColumn& column : columns) evidence.columns.push_back({column, {}, false});
    return evidence;
}

/// The relation that the stream sends of these columns.
inline Relation sent(const std::vector<SourceColumn>& columns) {
    SourceTable table = known_table().table;
    table.columns = columns;
    return relation_of(table);
}

}  // namespace walferry::testing
