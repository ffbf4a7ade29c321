#include "pipeline/replay/log_replay.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "apply/history/history_plan.h"
#include "apply/log/log_plan.h"
#include "apply/staging_table.h"
#include "dlq/dead_letter_store.h"
#include "model/quote.h"
#include "warehouse/lsn_literal.h"

namespace walferry {

namespace {

bool is_copied(const ReplayCase& replay) {
    return replay.letter.op == DeadLetterOp::Read;
}

std::string json_or_null(const std::string& json) {
    return json.empty() ? "NULL" : fmt::format("CAST({} AS json)", quote_literal(json));
}

/// A copied row has no number. Without key nothing tells it from its equals.
Result<bool> is_in_log(const ReplayCase& replay) {
    const TablePlan& plan = replay.plan;
    if (is_copied(replay) && !plan.has_key()) return false;
    const std::string number =
        is_copied(replay) ? std::string("IS NULL") : fmt::format("= {}", replay.letter.sequence.ordinal);
    WALFERRY_TRY(found, replay.session.query(fmt::format(
                            "SELECT 1 FROM {} AS t, {} AS s WHERE t._lsn = {} AND t._seq {}{} LIMIT 1",
                            to_sql(plan.target), replay.row.sql(), replay.lsn(), number,
                            plan.has_key() ? " AND " + key_match(plan, 'c') : "")));
    return !found.rows.empty();
}

/// The row of the log with the values that the letter leaves out: the latest one of the key before it.
struct BaseRow {
    bool exists = false;
    Lsn lsn;
    std::string condition;  ///< SQL by which it is found again, as t
};

Result<BaseRow> find_base(const ReplayCase& replay) {
    const TablePlan& plan = replay.plan;
    const std::string match = key_match(plan, replay.row.moves ? 'b' : 'c');
    WALFERRY_TRY(
        found,
        replay.session.query(fmt::format(
            "SELECT t._lsn, t._seq FROM {0} AS t JOIN {1} AS s ON {2} WHERE t._op <> 'd' AND (t._lsn "
            "< {3} OR (t._lsn = {3} AND coalesce(t._seq, -1) < {4})) ORDER BY t._lsn DESC, t._seq "
            "DESC NULLS LAST LIMIT 1",
            to_sql(plan.target), replay.row.sql(), match, replay.lsn(), replay.letter.sequence.ordinal)));
    if (found.rows.empty()) return BaseRow{};
    BaseRow base{true, replay.control.read_lsn(found.rows[0][0]), ""};
    const std::optional<std::string>& seq = found.rows[0][1];
    base.condition = fmt::format("{} AND t._op <> 'd' AND t._lsn = {} AND t._seq {}", match,
                                 lsn_literal(plan.kind, base.lsn), seq ? "= " + *seq : "IS NULL");
    return base;
}

/// Takes the values from the base row, and leaves in `unchanged` those that it does not know either.
Status fill(const ReplayCase& replay, const BaseRow& base, std::vector<std::size_t>& unchanged) {
    const TablePlan& plan = replay.plan;
    std::vector<std::string> known;
    for (const std::size_t i : unchanged) {
        const std::string name = quote_literal(unchanged_json(plan, {i}));
        known.push_back(plan.kind == WarehouseKind::DuckDb
                            ? fmt::format("coalesce(json_contains(t._unchanged, {}), false)", name)
                            : fmt::format("coalesce(t._unchanged::jsonb @> {}::jsonb, false)", name));
        known.back() = fmt::format("CASE WHEN {} THEN 0 ELSE 1 END", known.back());
    }
    WALFERRY_TRY(found, replay.session.query(fmt::format("SELECT {} FROM {} AS t JOIN {} AS s ON {}",
                                                         fmt::join(known, ", "), to_sql(plan.target),
                                                         replay.row.sql(), base.condition)));
    std::vector<std::size_t> filled, left;
    for (std::size_t i = 0; i < unchanged.size(); ++i)
        (found.rows.at(0).at(i) == "1" ? filled : left).push_back(unchanged[i]);
    unchanged = std::move(left);
    if (filled.empty()) return success();
    return replay.session.execute(fill_staged_sql(plan, replay.row.table, filled, base.condition));
}

Status insert_entry(const ReplayCase& replay, const std::vector<std::size_t>& unchanged) {
    const TablePlan& plan = replay.plan;
    const DeadLetter& letter = replay.letter;
    std::vector<std::string> columns, values;
    for (std::size_t i = 0; i < plan.columns.size(); ++i) columns.push_back(target_column(plan, i));
    for (std::size_t i = 0; i < plan.data_count(); ++i) values.push_back(fmt::format("s.c{}", i));
    const std::string number = is_copied(replay) ? "NULL" : std::to_string(letter.sequence.ordinal);
    const std::string xid = is_copied(replay) ? "NULL" : std::to_string(letter.xid);
    const std::string names = unchanged.empty() ? "" : unchanged_json(plan, unchanged);
    for (std::string value : {fmt::format("'{}'", static_cast<char>(letter.op)), replay.lsn(), number,
                              letter.commit_time == 0 ? "NULL" : time_literal(plan, letter.commit_time), xid,
                              json_or_null(replay.row.old_key_json), json_or_null(names)}) {
        values.push_back(std::move(value));
    }
    return replay.session.execute(fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} AS s",
                                              to_sql(plan.target), fmt::join(columns, ", "),
                                              fmt::join(values, ", "), replay.row.sql()));
}

}  // namespace

Result<ReplayOutcome> replay_log(const ReplayCase& replay) {
    WALFERRY_TRY(known, is_in_log(replay));
    if (known) return superseded();
    std::vector<std::size_t> unchanged = replay.row.unchanged;
    if (replay.row.is_partial() && replay.plan.has_key()) {
        const DeadLetterStore store(replay.control);
        WALFERRY_TRY(open, store.has_older(replay.session, replay.letter, replay.row.base_key,
                                           DeadLetterState::Pending));
        if (open) return refused_behind_open_letter();
        WALFERRY_TRY(base, find_base(replay));
        WALFERRY_TRY(given_up, store.has_older(replay.session, replay.letter, replay.row.base_key,
                                               DeadLetterState::Discarded, base.lsn));
        if (base.exists && !given_up) {
            WALFERRY_TRYV(fill(replay, base, unchanged));
        }
    }
    WALFERRY_TRYV(insert_entry(replay, unchanged));
    return replayed(false);
}

}  // namespace walferry
