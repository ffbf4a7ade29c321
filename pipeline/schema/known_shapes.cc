#include "pipeline/schema/known_shapes.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "apply/schema/shape_change.h"
#include "apply/schema/storage_change.h"
#include "checkpoint/checkpoint_store.h"
#include "checkpoint/shape_json.h"
#include "pipeline/schema/schema_changer.h"
#include "pipeline/schema/storage_watch.h"
#include "pipeline/table_planning.h"

namespace walferry {

namespace {

TableStateRow* row_of(std::vector<TableStateRow>& states, RelationId id) {
    const auto found = std::find_if(states.begin(), states.end(),
                                    [&](const TableStateRow& row) { return row.relation_id == id; });
    return found == states.end() ? nullptr : &*found;
}

/// Columns as they were applied; the rest as the catalog has it, for nothing of it is in the stream.
SourceTable overlaid(SourceTable shape, const SourceTable& published) {
    const bool renamed = shape.qualified_name() != published.qualified_name();
    if (renamed && shape.first_name.empty()) {
        shape.first_schema = shape.schema;
        shape.first_name = shape.name;
    }
    shape.schema = published.schema;
    shape.name = published.name;
    shape.kind = published.kind;
    shape.row_filter = published.row_filter;
    shape.publication_member = published.publication_member;
    shape.estimated_rows = published.estimated_rows;
    return shape;
}

bool may_go_on(const TableStateRow* row, const SourceTable& published) {
    return row != nullptr && row->publication_member == published.publication_member &&
           (row->state == TableState::Streaming || row->state == TableState::CatchingUp);
}

bool has_targets(const TableStateRow& row, const std::vector<TablePlan>& plans) {
    std::vector<TableStateRow::Target> targets;
    for (const TablePlan& plan : plans)
        targets.push_back({plan.target.schema, plan.target.table, std::string(to_string(plan.mode))});
    return std::is_permutation(row.targets.begin(), row.targets.end(), targets.begin(), targets.end());
}

}  // namespace

bool lost_its_name(const SourceTable& shape, const std::vector<SourceTable>& published) {
    return std::any_of(published.begin(), published.end(), [&](const SourceTable& other) {
        return other.id != shape.id && other.schema == shape.naming_schema() &&
               other.name == shape.naming_name();
    });
}

Result<std::vector<SourceTable>> KnownShapes::to_plan(WarehouseSession& session, SourceCatalog& catalog,
                                                      const std::vector<SourceTable>& fresh,
                                                      const std::vector<SourceTable>& published,
                                                      std::vector<TableStateRow>& states) {
    WALFERRY_TRY(shapes, history_.last_shapes(session));
    shapes_ = std::move(shapes);
    std::vector<RelationId> ids;
    for (const SourceTable& table : fresh) ids.push_back(table.id);
    WALFERRY_TRY(storage, catalog.storage(ids));
    storage_ = std::move(storage);
    std::vector<SourceTable> tables;
    for (const SourceTable& table : fresh) {
        const auto shape = shapes_.find(table.id);
        TableStateRow* row = row_of(states, table.id);
        const bool known = shape != shapes_.end() && row != nullptr &&
                           find_rule(config_, table.schema, table.name) != nullptr &&
                           !lost_its_name(shape->second.table, published);
        if (!known) {
            tables.push_back(table);
            continue;
        }
        WALFERRY_TRY(streams, goes_on(session, catalog, table, *row));
        if (streams) {
            keep_storage(shape->second, table);
            tables.push_back(overlaid(shape->second.table, table));
        } else {
            WALFERRY_TRY(source, adopted(session, table, *row));
            tables.push_back(std::move(source));
        }
    }
    return tables;
}

/// What a later change of the shape is compared with: traces of one that the stream has not come to yet must
/// stay.
void KnownShapes::keep_storage(const TableShape& shape, const SourceTable& published) {
    TableStorage& now = storage_[published.id];
    const bool only_partitions =
        same_columns(shape.table, published) && !compare_storage(shape.storage, now).empty();
    if (!only_partitions && !shape.storage.empty()) now = shape.storage;
}

/// Whether the table needs no copy, as far as can be told before it is planned.
Result<bool> KnownShapes::goes_on(WarehouseSession& session, SourceCatalog& catalog,
                                  const SourceTable& published, TableStateRow& row) {
    if (!may_go_on(&row, published)) return false;
    const TableShape& shape = shapes_.at(published.id);
    const TableRule& rule = *find_rule(config_, published.schema, published.name);
    auto plans = plan_shape(config_, overlaid(shape.table, published), rule, session, control_.kind);
    // What is wrong with the plan is found again, and reported, where all tables are planned.
    if (plans && !has_targets(row, plans.value())) return false;
    if (row.state != TableState::Streaming || !config_.source.snapshot_initial) return true;
    // What the stream will tell of is not to be judged before it does.
    if (!same_columns(shape.table, published)) return true;
    std::string reason = replaced_column(shape.table, published);
    if (reason.empty()) {
        WALFERRY_TRY(found, copy_reason(catalog, shape.storage, storage_of(published.id)));
        reason = std::move(found);
    }
    if (reason.empty()) return true;
    WALFERRY_TRYV(refuse_copy(rule.on_rewrite, published.qualified_name(), reason));
    spdlog::warn("{}: {}: it is copied anew", published.qualified_name(), reason);
    row.state = TableState::Failed;
    row.reason = reason;
    WALFERRY_TRYV(states_.write(session, row, epoch_));
    return false;
}

Result<SourceTable> KnownShapes::adopted(WarehouseSession& session, const SourceTable& published,
                                         const TableStateRow& row) {
    const TableShape& shape = shapes_.at(published.id);
    const TableRule& rule = *find_rule(config_, published.schema, published.name);
    auto plans = plan_shape(config_, overlaid(shape.table, published), rule, session, control_.kind);
    if (!plans || !has_targets(row, plans.value())) return published;
    for (const TablePlan& plan : plans.value()) {
        WALFERRY_TRY(existing, session.describe_table(plan.target));
        if (!existing) return published;
    }
    WALFERRY_TRY(position, checkpoint(session));
    SchemaChanger changer(config_, control_, epoch_);
    WALFERRY_TRYV(session.begin());
    auto adopted =
        changer.adopt(session, {overlaid(shape.table, published), shape.storage}, published, position);
    if (adopted) {
        Status done = CheckpointStore(control_).hold(session, epoch_);
        if (done) done = session.commit();
        if (done) return overlaid(std::move(adopted).value(), published);
        session.rollback();
        return done.error();
    }
    session.rollback();
    return adopted.error();
}

Result<std::vector<SourceTable>> KnownShapes::streaming(const Config& config, const ControlSchema& control,
                                                        WarehouseSession& session,
                                                        const std::vector<SourceTable>& published) {
    std::vector<SourceTable> tables = published;
    WALFERRY_TRY(columns, session.describe_table(control.table("table_state")));
    if (!columns) return tables;
    WALFERRY_TRY(shapes, SchemaHistoryStore(control).last_shapes(session));
    WALFERRY_TRY(states, TableStateStore(control).read(session));
    for (SourceTable& table : tables) {
        const auto shape = shapes.find(table.id);
        if (shape == shapes.end() || find_rule(config, table.schema, table.name) == nullptr) continue;
        if (may_go_on(row_of(states, table.id), table) && !lost_its_name(shape->second.table, published))
            table = overlaid(shape->second.table, table);
    }
    return tables;
}

TableStorage KnownShapes::storage_of(RelationId id) const {
    const auto found = storage_.find(id);
    return found == storage_.end() ? TableStorage{} : found->second;
}

Result<Lsn> KnownShapes::checkpoint(WarehouseSession& session) const {
    WALFERRY_TRY(row, CheckpointStore(control_).read(session));
    return row ? row->position : Lsn{};
}

Status KnownShapes::store(WarehouseSession& session, const std::vector<TableShape>& shapes,
                          const std::string& change) {
    std::vector<SchemaVersion> versions;
    for (const TableShape& shape : shapes) {
        const auto known = shapes_.find(shape.table.id);
        if (known != shapes_.end() && write_shape(known->second) == write_shape(shape)) continue;
        versions.push_back({shape, {}, 0, change});
    }
    if (versions.empty()) return success();
    WALFERRY_TRY(position, checkpoint(session));
    for (SchemaVersion& version : versions) version.commit_lsn = position;
    WALFERRY_TRYV(session.begin());
    Status done = history_.append(session, versions);
    if (done) done = CheckpointStore(control_).hold(session, epoch_);
    if (done) done = session.commit();
    if (!done) {
        session.rollback();
        return done;
    }
    for (const TableShape& shape : shapes) shapes_[shape.table.id] = shape;
    return success();
}

}  // namespace walferry
