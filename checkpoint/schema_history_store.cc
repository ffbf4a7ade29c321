#include "checkpoint/schema_history_store.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "checkpoint/shape_json.h"
#include "model/quote.h"

namespace walferry {

Result<std::vector<TableShape>> SchemaHistoryStore::read(WarehouseSession& session,
                                                         const std::string& condition) const {
    std::vector<TableShape> shapes;
    WALFERRY_TRY(columns, session.describe_table(control_.table("schema_history")));
    if (!columns) return shapes;
    WALFERRY_TRY(
        found,
        session.query(fmt::format(
            "SELECT shape::text FROM (SELECT shape, row_number() OVER (PARTITION BY relation_id "
            "ORDER BY version DESC) AS place FROM {} WHERE pipeline = {}{}) AS versions WHERE place = 1",
            control_.sql("schema_history"), control_.pipeline_literal(), condition)));
    for (const auto& row : found.rows) {
        WALFERRY_TRY(shape, read_shape(row[0].value_or("")));
        shapes.push_back(std::move(shape));
    }
    return shapes;
}

Result<std::map<RelationId, TableShape>> SchemaHistoryStore::last_shapes(WarehouseSession& session) const {
    WALFERRY_TRY(found, read(session, ""));
    std::map<RelationId, TableShape> shapes;
    for (TableShape& shape : found) {
        const RelationId id = shape.table.id;
        shapes.emplace(id, std::move(shape));
    }
    return shapes;
}

Result<std::optional<TableShape>> SchemaHistoryStore::last_shape(WarehouseSession& session,
                                                                 RelationId id) const {
    WALFERRY_TRY(found, read(session, fmt::format(" AND relation_id = {}", id)));
    if (found.empty()) return std::optional<TableShape>{};
    return std::optional<TableShape>{std::move(found.front())};
}

Status SchemaHistoryStore::append(WarehouseSession& session,
                                  const std::vector<SchemaVersion>& versions) const {
    if (versions.empty()) return success();
    const std::string table = control_.sql("schema_history");
    const std::string json = control_.kind == WarehouseKind::DuckDb ? "JSON" : "json";
    std::vector<std::string> rows;
    for (const SchemaVersion& version : versions) {
        const SourceTable& source = version.shape.table;
        rows.push_back(
            fmt::format("SELECT {0}, {1}, {2}, {3}, COALESCE((SELECT max(version) FROM {4} WHERE pipeline = "
                        "{0} AND relation_id = {3}), "
                        "0) + 1, {5}, {6}, now(), {7}::{9}, {8}::{9}",
                        control_.pipeline_literal(), quote_literal(source.schema), quote_literal(source.name),
                        source.id, table, control_.lsn_literal(version.commit_lsn), version.seq,
                        quote_literal(version.change), quote_literal(write_shape(version.shape)), json));
    }
    return session.execute(fmt::format(
        "INSERT INTO {} (pipeline, source_schema, source_table, relation_id, version, commit_lsn, seq, "
        "created_at, change, shape) {}",
        table, fmt::join(rows, " UNION ALL ")));
}

}  // namespace walferry
