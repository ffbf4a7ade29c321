#include "pipeline/target_destination.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "apply/copy_merge.h"
#include "apply/history/latest_plan.h"
#include "apply/upsert/merge_plan.h"
#include "model/quote.h"

namespace walferry {

namespace {

Result<bool> has_rows(WarehouseSession& session, const TablePlan& plan) {
    WALFERRY_TRY(found, session.query(fmt::format("SELECT 1 FROM {} LIMIT 1", to_sql(plan.target))));
    return !found.rows.empty();
}

/// Statements that make the indexes which the target lacks.
Result<std::vector<std::string>> missing_indexes(WarehouseSession& session, const TablePlan& plan) {
    std::vector<std::string> missing;
    for (const KeyIndex& index : key_indexes(plan)) {
        const std::string which =
            index.name.empty() ? "indisprimary"
                               : fmt::format("(SELECT relname FROM pg_class WHERE oid = indexrelid) = {}",
                                             quote_literal(index.name));
        WALFERRY_TRY(found,
                     session.query(fmt::format("SELECT 1 FROM pg_index WHERE indrelid = {}::regclass AND {}",
                                               quote_literal(to_sql(plan.target)), which)));
        if (found.rows.empty()) missing.push_back(index.sql);
    }
    return missing;
}

Status execute_all(WarehouseSession& session, const std::vector<std::string>& statements) {
    for (const std::string& sql : statements) {
        WALFERRY_TRYV(session.execute(sql));
    }
    return success();
}

}  // namespace

Status add_key_indexes(WarehouseSession& session, const TablePlan& plan) {
    WALFERRY_TRY(missing, missing_indexes(session, plan));
    return execute_all(session, missing);
}

TargetDestination::TargetDestination(const ControlSchema& control, Owner owner)
    : control_(control), owner_(owner), states_(control), checkpoints_(control) {}

Status TargetDestination::prepare(WarehouseSession& session, Table& table) {
    if (!table.merges_copy && !table.copy_left_rows) {
        WALFERRY_TRY(kept, keeps_rows(session, table));
        table.merges_copy = kept;
    }
    WALFERRY_TRYV(session.begin());
    Status done = states_.write(session, table.state_row(TableState::Copying), owner_.epoch);
    for (const auto& plan : table.plans) {
        if (!done) break;
        done = table.merges_copy ? create_copy_beside(session, *plan, control_)
                                 : session.execute(empty_target_sql(*plan));
        if (done && !table.merges_copy && plan->keeps_latest())
            done = session.execute("DELETE FROM " + to_sql(plan->latest));
    }
    if (done) done = supersede_letters(session, table);
    if (done) done = checkpoints_.hold(session, owner_.epoch);
    if (done) done = session.commit();
    if (!done) session.rollback();
    if (done) table.copy_left_rows = !table.merges_copy;
    return done;
}

/// The copy makes up for what targets lack; but a log that goes on does not get the events that it lacks.
Status TargetDestination::supersede_letters(WarehouseSession& session, const Table& table) const {
    if (owner_.letters == nullptr) return success();
    for (const auto& plan : table.plans) {
        const DeadLetterStore& store = owner_.letters->store();
        const std::string target = to_string(plan->target);
        const bool goes_on = table.merges_copy && plan->mode == TableMode::Append;
        WALFERRY_TRY(superseded, goes_on ? store.supersede_copied(session, target)
                                         : store.supersede_table(session, target, after_all));
        if (superseded > 0)
            spdlog::info("{}: {} dead letters are superseded by the copy", to_string(plan->target),
                         superseded);
    }
    return success();
}

/// Whether a target of the table has rows from before this copy.
Result<bool> TargetDestination::keeps_rows(WarehouseSession& session, const Table& table) {
    for (const auto& plan : table.plans) {
        WALFERRY_TRY(there, has_rows(session, *plan));
        if (there) return true;
    }
    return false;
}

/// What a copy goes into: the target, or the table beside it.
TargetName TargetDestination::filled(const Table& table, const TablePlan& plan) const {
    return table.merges_copy ? copy_beside(plan, control_) : plan.target;
}

Status TargetDestination::complete(WarehouseSession& session, SnapshotHolder& holder, Table& table) {
    WALFERRY_TRYV(
        holder.confirm());  // with the holder its locks are gone, and chunks may have been read empty
    WALFERRY_TRYV(session.begin());
    WALFERRY_TRYV(states_.holds(session, table.state_row(TableState::Copying), owner_.epoch));
    bool into_empty_histories = true;
    for (const auto& plan : table.plans) {
        if (table.merges_copy && plan->mode == TableMode::Scd2) {
            WALFERRY_TRY(there, has_rows(session, *plan));
            into_empty_histories = into_empty_histories && !there;
        }
        WALFERRY_TRYV(complete_target(session, holder, table, *plan));
    }
    TableStateRow row = table.state_row(TableState::CatchingUp);
    row.snapshot = holder.text();
    row.snapshot_lsn = holder.position();
    row.snapshot_time = holder.time();
    row.merges_copy = false;
    WALFERRY_TRYV(states_.write(session, row, owner_.epoch));
    WALFERRY_TRYV(session.commit());
    table.snapshot_text = holder.text();
    table.snapshot = holder.snapshot();
    table.snapshot_lsn = holder.position();
    table.snapshot_time = holder.time();
    table.copied_now = into_empty_histories;
    table.merges_copy = table.copy_left_rows = false;
    table.state = TableState::CatchingUp;
    spdlog::info("{}: copied {} rows, applying what changed meanwhile", table.source().qualified_name(),
                 table.rows_copied.load());
    return success();
}

Status TargetDestination::complete_target(WarehouseSession& session, SnapshotHolder& holder,
                                          const Table& table, const TablePlan& plan) {
    WALFERRY_TRY(missing, missing_indexes(session, plan));
    if (table.merges_copy) {
        const MergeMoment moment{holder.position(), std::max(holder.time(), owner_.latest_commit_time)};
        WALFERRY_TRYV(merge_copy(session, plan, control_, moment, missing.empty()));
        if (plan.keeps_latest()) {
            WALFERRY_TRYV(
                execute_all(session, keep_copied_sql(plan, copy_beside(plan, control_), holder.position())));
        }
        WALFERRY_TRYV(session.execute(drop_copy_beside_sql(plan, control_)));
    }
    return execute_all(session, missing);
}

Status TargetDestination::hold(WarehouseSession& session, const Table& table) {
    return states_.holds(session, table.state_row(TableState::Copying), owner_.epoch);
}

}  // namespace walferry
