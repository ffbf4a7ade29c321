#include "pipeline/replay/upsert_replay.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "apply/same_value.h"
#include "apply/staging_table.h"
#include "dlq/dead_letter_store.h"
#include "warehouse/lsn_literal.h"

namespace walferry {

namespace {

/// The target's row with the letter's key.
struct StandingRow {
    bool exists = false;
    Lsn lsn;  ///< 0 with `metadata: false`
};

Result<StandingRow> find_standing(const ReplayCase& replay) {
    const TablePlan& plan = replay.plan;
    WALFERRY_TRY(found, replay.session.query(
                            fmt::format("SELECT {} FROM {} AS t JOIN {} AS s ON {} LIMIT 1",
                                        plan.metadata ? fmt::format("t.{}", lsn_column) : "NULL",
                                        to_sql(plan.target), replay.row.sql(), key_match(plan, 'c'))));
    if (found.rows.empty()) return StandingRow{};
    return StandingRow{true, replay.control.read_lsn(found.rows[0][0])};
}

ReplayOutcome refused_without_version() {
    return refused(
        "unknown_order",
        "the target has a row of the key, and with metadata: false nobody can tell which is newer: "
        "correct the row at the source, or delete the target's row first");
}

/// Walferry's own columns in SQL, in the order of the plan.
std::vector<std::string> own_values(const ReplayCase& replay, bool deleted) {
    std::vector<std::string> values;
    if (replay.plan.marks_deleted()) values.push_back(deleted ? "true" : "false");
    if (!replay.plan.metadata) return values;
    values.push_back(replay.lsn());
    values.push_back("now()");
    return values;
}

std::vector<std::string> own_settings(const ReplayCase& replay, bool deleted) {
    std::vector<std::string> settings;
    const std::vector<std::string> values = own_values(replay, deleted);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::string column = target_column(replay.plan, replay.plan.data_count() + i);
        settings.push_back(fmt::format("{} = {}", column, values[i]));
    }
    return settings;
}

Status insert_row(const ReplayCase& replay) {
    const TablePlan& plan = replay.plan;
    std::vector<std::string> columns, values;
    for (std::size_t i = 0; i < plan.columns.size(); ++i) columns.push_back(target_column(plan, i));
    for (std::size_t i = 0; i < plan.data_count(); ++i) values.push_back(fmt::format("s.c{}", i));
    for (std::string& value : own_values(replay, false)) values.push_back(std::move(value));
    return replay.session.execute(fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} AS s",
                                              to_sql(plan.target), fmt::join(columns, ", "),
                                              fmt::join(values, ", "), replay.row.sql()));
}

/// What the letter does not say stays as it is.
Status update_row(const ReplayCase& replay) {
    const TablePlan& plan = replay.plan;
    const auto is_in = [](const std::vector<std::size_t>& positions, std::size_t i) {
        return std::find(positions.begin(), positions.end(), i) != positions.end();
    };
    std::vector<std::string> settings;
    for (std::size_t i = plan.key_count; i < plan.data_count(); ++i) {
        if (is_in(replay.row.unchanged, i) || is_in(replay.row.unknown, i)) continue;
        settings.push_back(fmt::format("{} = s.c{}", target_column(plan, i), i));
    }
    for (std::string& setting : own_settings(replay, false)) settings.push_back(std::move(setting));
    return replay.session.execute(fmt::format("UPDATE {} AS t SET {} FROM {} AS s WHERE {}",
                                              to_sql(plan.target), fmt::join(settings, ", "),
                                              replay.row.sql(), key_match(plan, 'c')));
}

Status remove_row(const ReplayCase& replay) {
    const TablePlan& plan = replay.plan;
    const std::string target = to_sql(plan.target), staged = replay.row.sql(), match = key_match(plan, 'c');
    if (!plan.marks_deleted())
        return replay.session.execute(
            fmt::format("DELETE FROM {} AS t USING {} AS s WHERE {}", target, staged, match));
    return replay.session.execute(fmt::format("UPDATE {} AS t SET {} FROM {} AS s WHERE {}", target,
                                              fmt::join(own_settings(replay, true), ", "), staged, match));
}

/// The row that moved away is gone already, as a rule. An older one under its old key must be.
Status remove_moved(const ReplayCase& replay) {
    const TablePlan& plan = replay.plan;
    if (!replay.row.moves || !plan.metadata) return success();
    return replay.session.execute(fmt::format("DELETE FROM {} AS t USING {} AS s WHERE {} AND t.{} < {}",
                                              to_sql(plan.target), replay.row.sql(), key_match(plan, 'b'),
                                              lsn_column, replay.lsn()));
}

Result<ReplayOutcome> replay_delete(const ReplayCase& replay) {
    if (replay.plan.on_delete == OnDelete::Ignore) return replayed(false);
    WALFERRY_TRY(standing, find_standing(replay));
    if (!standing.exists) return replayed(true);
    if (!replay.plan.metadata) return refused_without_version();
    if (standing.lsn > replay.letter.sequence.commit_lsn) return superseded();
    WALFERRY_TRYV(remove_row(replay));
    return replayed(true);
}

/// The values that the letter leaves out are those of the row before it, wherever that is.
Result<ReplayOutcome> replay_partial(const ReplayCase& replay, const StandingRow& standing) {
    if (replay.row.moves || !standing.exists)
        return refused("partial",
                       "it leaves out values that did not change, and the target lacks the row that "
                       "has them: correct the row at the source");
    const DeadLetterStore store(replay.control);
    WALFERRY_TRY(
        open, store.has_older(replay.session, replay.letter, replay.row.base_key, DeadLetterState::Pending));
    if (open) return refused_behind_open_letter();
    WALFERRY_TRY(given_up, store.has_older(replay.session, replay.letter, replay.row.base_key,
                                           DeadLetterState::Discarded, standing.lsn));
    if (given_up)
        return refused("partial",
                       "it leaves out values that did not change, and the letter that had them was "
                       "discarded: correct the row at the source");
    WALFERRY_TRYV(update_row(replay));
    return replayed(false);
}

Result<ReplayOutcome> replay_keyed(const ReplayCase& replay) {
    if (replay.letter.op == DeadLetterOp::Delete) return replay_delete(replay);
    WALFERRY_TRY(standing, find_standing(replay));
    if (standing.exists && !replay.plan.metadata) return refused_without_version();
    if (standing.exists && standing.lsn > replay.letter.sequence.commit_lsn) return superseded();
    if (replay.row.is_partial()) return replay_partial(replay, standing);
    WALFERRY_TRYV(remove_moved(replay));
    Status written = standing.exists ? update_row(replay) : insert_row(replay);
    if (!written) return written.error();
    return replayed(true);
}

/// Removes one row that is equal to b0 … bk; tells whether there was one.
Result<bool> remove_equal(const ReplayCase& replay) {
    const TablePlan& plan = replay.plan;
    const char* id = plan.kind == WarehouseKind::DuckDb ? "rowid" : "ctid";
    SameRow same(plan.kind);
    for (std::size_t i = 0; i < plan.data_count(); ++i)
        same.add(plan.columns[i].sql_type, "t." + target_column(plan, i), fmt::format("s.b{}", i));
    WALFERRY_TRY(removed,
                 replay.session.modify(fmt::format(
                     "DELETE FROM {0} WHERE {1} IN (SELECT t.{1} FROM {0} AS t, {2} AS s WHERE {3} LIMIT 1)",
                     to_sql(plan.target), id, replay.row.sql(), same.sql())));
    return removed > 0;
}

/// Equal rows are several: no letter makes up for another one.
Result<ReplayOutcome> replay_counted(const ReplayCase& replay) {
    if (replay.row.is_partial())
        return refused("partial",
                       "it leaves out values that did not change, and the table has no key to find "
                       "them by: correct the row at the source");
    const DeadLetterOp op = replay.letter.op;
    if (op == DeadLetterOp::Update || op == DeadLetterOp::Delete) {
        WALFERRY_TRY(was_there, remove_equal(replay));
        if (!was_there) return superseded();
    }
    if (op != DeadLetterOp::Delete) {
        WALFERRY_TRYV(insert_row(replay));
    }
    return replayed(false);
}

}  // namespace

Result<ReplayOutcome> replay_upsert(const ReplayCase& replay) {
    return replay.plan.has_key() ? replay_keyed(replay) : replay_counted(replay);
}

}  // namespace walferry
