#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apply/table_batch.h"
#include "apply/table_plan.h"
#include "model/pg_types.h"

namespace walferry::testing {

/// A column of a made-up source table, and what it becomes in both warehouses.
struct ColumnSpec {
    std::string name;
    std::uint32_t oid = pg_types::text;
    Encoding encoding = Encoding::Text;
    std::string duckdb_type = "VARCHAR";
    std::string postgres_type = "text";
};

inline ColumnSpec text_column(std::string name) {
    return {std::move(name)};
}
inline ColumnSpec bigint_column(std::string name) {
    return {std::move(name), pg_types::int8, Encoding::Int8, "BIGINT", "bigint"};
}
inline ColumnSpec int_column(std::string name) {
    return {std::move(name), pg_types::int4, Encoding::Int4, "INTEGER", "integer"};
}
inline ColumnSpec double_column(std::string name) {
    return {std::move(name), pg_types::float8, Encoding::Float8, "DOUBLE", "double precision"};
}

struct PlanSpec {
    std::vector<ColumnSpec> columns;
    std::vector<std::string> key;
    WarehouseKind kind = WarehouseKind::DuckDb;
    bool metadata = false;
    ReplicaIdentity identity = ReplicaIdentity::Default;
    TargetName target{"", "main", "t"};
    RelationId id = 7;
    TargetConfig mode = {};
    OnDelete on_delete = OnDelete::Hard;
};

inline TablePlan plan_of(const PlanSpec& spec) {
    SourceTable source;
    source.id = spec.id;
    source.schema = "public";
    source.name = "t";
    source.identity = spec.identity;
    std::vector<TargetColumn> mapped;
    for (const ColumnSpec& column : spec.columns) {
        const bool key = std::find(spec.key.begin(), spec.key.end(), column.name) != spec.key.end();
        SourceColumn described;
        described.name = column.name;
        described.declared_type_oid = described.type.oid = column.oid;
        described.not_null = described.in_primary_key = described.in_identity = key;
        source.columns.push_back(described);
        TargetColumn target;
        target.name = column.name;
        target.sql_type = spec.kind == WarehouseKind::DuckDb ? column.duckdb_type : column.postgres_type;
        target.encoding.kind = column.encoding;
        mapped.push_back(target);
    }
    TableRule rule;
    rule.metadata = spec.metadata;
    rule.on_delete = spec.on_delete;
    return make_table_plan(source, rule, spec.mode, spec.target, spec.kind, mapped).value();
}

inline Relation relation_of(const TablePlan& plan, std::uint64_t version = 1) {
    Relation relation;
    relation.id = plan.source.id;
    relation.schema = plan.source.schema;
    relation.name = plan.source.name;
    relation.identity = plan.source.identity;
    for (const SourceColumn& column : plan.source.columns) {
        relation.columns.push_back({column.name, column.declared_type_oid, -1, column.in_identity});
    }
    relation.version = version;
    relation.message = "relation " + std::to_string(version);
    return relation;
}

inline std::shared_ptr<Table> table_of(TablePlan plan, TableState state = TableState::Streaming) {
    auto table = std::make_shared<Table>();
    table->plans.push_back(std::make_shared<const TablePlan>(std::move(plan)));
    table->state = state;
    return table;
}

/// What a batch comes down to for a table with one upsert target.
inline UpsertChanges& upserted(TableBatch& batch) {
    return std::get<UpsertChanges>(batch.targets().front());
}

/// A value of a row that owns its bytes.
struct Cell {
    ValueKind kind = ValueKind::Null;
    std::string bytes;
};
using Cells = std::vector<Cell>;

inline Cell cell(std::string text) {
    return {ValueKind::Text, std::move(text)};
}
inline Cell cell_or_null(const std::optional<std::string>& text) {
    return text ? cell(*text) : Cell{};
}
inline const Cell null_cell{};
inline const Cell unchanged_cell{ValueKind::UnchangedToast, ""};

inline std::vector<ColumnValue> views(const Cells& cells) {
    std::vector<ColumnValue> values;
    for (const Cell& value : cells) values.push_back({value.kind, value.bytes});
    return values;
}

/// A change that owns its rows.
struct OwnedEvent {
    ChangeKind kind = ChangeKind::Insert;
    std::optional<Cells> before;
    bool before_is_full = false;
    Cells after;
};

inline OwnedEvent insert_of(Cells after) {
    return {ChangeKind::Insert, std::nullopt, false, std::move(after)};
}
inline OwnedEvent update_of(Cells after, std::optional<Cells> before = std::nullopt, bool full = false) {
    return {ChangeKind::Update, std::move(before), full, std::move(after)};
}
inline OwnedEvent delete_of(Cells before, bool full = false) {
    return {ChangeKind::Delete, std::move(before), full, {}};
}
inline OwnedEvent truncate_event() {
    return {ChangeKind::Truncate, std::nullopt, false, {}};
}

inline Status add_to(TableBatch& batch, const Relation& relation, const OwnedEvent& owned, Arena& arena,
                     const Transaction& transaction) {
    const std::vector<ColumnValue> after = views(owned.after);
    const std::vector<ColumnValue> before = owned.before ? views(*owned.before) : std::vector<ColumnValue>{};
    ChangeEvent event;
    event.kind = owned.kind;
    event.relation = &relation;
    if (owned.before) event.before = TupleData(before);
    event.before_is_full = owned.before_is_full;
    event.after = after;
    event.sequence = {transaction.commit_lsn, 0};
    event.message = "message";
    return batch.add(event, transaction, arena);
}
inline Status add_to(TableBatch& batch, const Relation& relation, const OwnedEvent& owned, Arena& arena,
                     Lsn commit_lsn = Lsn{100}) {
    return add_to(batch, relation, owned, arena, Transaction{5, commit_lsn, Lsn{commit_lsn.value + 8}, 1});
}

}  // namespace walferry::testing
