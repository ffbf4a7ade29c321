#include "pipeline/kafka/event_reshaper.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "pipeline/schema/shape_planning.h"
#include "pipeline/schema/target_alteration.h"

namespace walferry {

namespace {

/// Columns go by their names: events have no other evidence.
ShapeChange growth(const SourceTable& known, SourceTable wanted) {
    ShapeChange change;
    for (const SourceColumn& column : wanted.columns) {
        const auto old = std::find_if(known.columns.begin(), known.columns.end(),
                                      [&](const SourceColumn& other) { return other.name == column.name; });
        change.missing.emplace_back();
        if (old == known.columns.end()) {
            change.origin.emplace_back();
            change.columns.push_back({ColumnChange::Kind::Added, column.name, "", "", column.type.sql});
            continue;
        }
        change.origin.push_back(static_cast<std::size_t>(old - known.columns.begin()));
        if (old->type != column.type) {
            change.columns.push_back(
                {ColumnChange::Kind::Retyped, column.name, "", old->type.sql, column.type.sql});
        }
    }
    change.shape = std::move(wanted);
    return change;
}

}  // namespace

Result<Reshaped> EventReshaper::reshape(WarehouseSession& session, const std::shared_ptr<Table>& table,
                                        const Relation& relation, SequenceKey at, bool rows_changed) {
    const SourceTable& known = table->source();
    ShapeChange change = growth(known, shapes_.table_of(relation));
    if (change.empty()) return Reshaped{table, false, {}};
    std::vector<TablePlan> old_plans;
    for (const auto& plan : table->plans) old_plans.push_back(*plan);
    WALFERRY_TRYV(lock_ids(session, control_));
    // Another worker may have seen more of the table: what is stored last has to have all of it.
    WALFERRY_TRY(stored, history_.last_shape(session, known.id));
    if (stored && !covers(change.shape, stored->table)) {
        return Error{ErrorKind::Busy, known.qualified_name() + ": another worker knows more of it by now", "",
                     ""};
    }
    WALFERRY_TRY(plans, plan_new_shape(config_, old_plans, change, session));
    WALFERRY_TRYV(alter_targets(session, old_plans, plans, change, rows_changed));
    const std::string text = change_json(known, change);
    SchemaVersion version;
    version.shape.table = change.shape;
    version.commit_lsn = at.commit_lsn;
    version.seq = at.ordinal;
    version.change = text;
    WALFERRY_TRYV(history_.append(session, {version}));
    // A transaction that is rolled back over a refused row is written again, in DuckDB many times.
    if (std::uint64_t& said = said_[known.id]; said < relation.version) {
        spdlog::info("{}: its events {}", known.qualified_name(), describe(change));
        said = relation.version;
    }
    Reshaped reshaped;
    for (const TablePlan& plan : plans) {
        reshaped.notices.push_back(
            schema_changed_notice(change.shape.qualified_name(), to_string(plan.target), text));
    }
    reshaped.table = with_plans(*table, std::move(plans), {});
    return reshaped;
}

}  // namespace walferry
