#include "pipeline/replay/history_replay.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "apply/history/history_plan.h"
#include "apply/load_row.h"
#include "apply/same_value.h"
#include "apply/staging_table.h"
#include "dlq/dead_letter_row.h"
#include "dlq/dead_letter_store.h"
#include "model/quote.h"
#include "pipeline/replay/version_placement.h"
#include "warehouse/lsn_literal.h"

namespace walferry {

namespace {

constexpr char new_key = 'c', old_key = 'b';

std::string own(const TablePlan& plan, std::size_t place) {
    return quote_identifier(plan.own_column(place).name);
}

std::string lsn_name(const TablePlan& plan) {
    return target_column(plan, plan.columns.size() - 1);
}

std::string version_match(const ReplayCase& replay, char key, Lsn lsn) {
    return fmt::format("{} AND t.{} = {}", key_match(replay.plan, key), lsn_name(replay.plan),
                       lsn_literal(replay.plan.kind, lsn));
}

std::optional<PgTime> read_time(const std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    PgTime time = 0;
    std::from_chars(text->data(), text->data() + text->size(), time);
    return time;
}

/// The newest two versions up to the letter's transaction, and the first one after it: at one look.
std::string neighbours_sql(const ReplayCase& replay, char key) {
    const TablePlan& plan = replay.plan;
    const std::string here = replay.lsn();
    SameRow same(plan.kind);
    for (const std::size_t i : plan.tracked)
        same.add(plan.columns[i].sql_type, "t." + target_column(plan, i), fmt::format("s.c{}", i));
    return fmt::format(
        "SELECT l, CASE WHEN isfinite(f) THEN {0} END, {1}, m FROM (SELECT t.{2} AS l, t.{3} AS f, t.{4} AS "
        "u, CASE WHEN {5} THEN 1 ELSE 0 END AS m, row_number() OVER (PARTITION BY t.{2} > {6} ORDER BY CASE "
        "WHEN t.{2} > {6} THEN t.{2} END, t.{2} DESC) AS r FROM {7} AS t JOIN {8} AS s ON {9}) AS v WHERE r "
        "= 1 OR (r = 2 AND l <= {6}) ORDER BY l",
        microseconds_sql(plan.kind, "f"), microseconds_sql(plan.kind, "u"), lsn_name(plan),
        own(plan, history_place::valid_from), own(plan, history_place::valid_to), same.sql(), here,
        to_sql(plan.target), replay.row.sql(), key_match(plan, key));
}

Result<Neighbours> find_neighbours(const ReplayCase& replay, char key) {
    const Lsn here = replay.letter.sequence.commit_lsn;
    WALFERRY_TRY(found, replay.session.query(neighbours_sql(replay, key)));
    Neighbours around;
    for (const auto& row : found.rows) {
        Version version;
        version.lsn = replay.control.read_lsn(row[0]);
        version.from = read_time(row[1]).value_or(time_minus_infinity);
        version.to = read_time(row[2]);
        version.same = row[3] == "1";
        if (version.lsn < here) around.before = version;
        if (version.lsn == here) around.same_transaction = version;
        if (version.lsn > here) around.after = version;
    }
    return around;
}

Status remove_version(const ReplayCase& replay, char key, Lsn lsn) {
    return replay.session.execute(fmt::format("DELETE FROM {} AS t USING {} AS s WHERE {}",
                                              to_sql(replay.plan.target), replay.row.sql(),
                                              version_match(replay, key, lsn)));
}

Status set_version(const ReplayCase& replay, char key, Lsn lsn, const std::vector<std::string>& settings) {
    if (settings.empty()) return success();
    return replay.session.execute(fmt::format("UPDATE {} AS t SET {} FROM {} AS s WHERE {}",
                                              to_sql(replay.plan.target), fmt::join(settings, ", "),
                                              replay.row.sql(), version_match(replay, key, lsn)));
}

std::string time_or_null(const TablePlan& plan, const std::optional<PgTime>& time) {
    return time ? time_literal(plan, *time) : "NULL";
}

Status end_version(const ReplayCase& replay, char key, const Version& version,
                   const std::optional<PgTime>& end) {
    const TablePlan& plan = replay.plan;
    return set_version(
        replay, key, version.lsn,
        {fmt::format("{} = {}", own(plan, history_place::valid_to), time_or_null(plan, end)),
         fmt::format("{} = {}", own(plan, history_place::is_current), end ? "false" : "true")});
}

Status open_version(const ReplayCase& replay, const Placement& placement) {
    const TablePlan& plan = replay.plan;
    std::vector<std::string> columns, values;
    for (std::size_t i = 0; i < plan.columns.size(); ++i) columns.push_back(target_column(plan, i));
    for (std::size_t i = 0; i < plan.data_count(); ++i) values.push_back(fmt::format("s.c{}", i));
    return replay.session.execute(fmt::format(
        "INSERT INTO {} ({}) SELECT {}, {}, {}, {}, {} FROM {} AS s", to_sql(plan.target),
        fmt::join(columns, ", "), fmt::join(values, ", "), time_literal(plan, placement.from),
        time_or_null(plan, placement.to), placement.to ? "false" : "true", replay.lsn(), replay.row.sql()));
}

std::vector<std::string> row_settings(const TablePlan& plan) {
    std::vector<std::string> settings;
    for (std::size_t i = plan.key_count; i < plan.data_count(); ++i)
        settings.push_back(fmt::format("{} = s.c{}", target_column(plan, i), i));
    return settings;
}

/// What ends comes first: a key has one current version at any time.
Status apply(const ReplayCase& replay, char key, const Neighbours& around, const Placement& placement) {
    if (placement.same_transaction == Placement::SameTransaction::Goes) {
        WALFERRY_TRYV(remove_version(replay, key, around.same_transaction->lsn));
    }
    if (placement.before == Placement::Before::Goes) {
        WALFERRY_TRYV(remove_version(replay, key, around.before->lsn));
    }
    if (placement.before == Placement::Before::Ends) {
        WALFERRY_TRYV(end_version(replay, key, *around.before, placement.before_ends));
    }
    if (placement.same_transaction == Placement::SameTransaction::Replaced) {
        WALFERRY_TRYV(set_version(replay, key, around.same_transaction->lsn, row_settings(replay.plan)));
    }
    return placement.opens ? open_version(replay, placement) : Status{success()};
}

std::string latest_match(const TablePlan& plan, char key) {
    std::vector<std::string> terms;
    for (std::size_t i = 0; i < plan.key_count; ++i)
        terms.push_back(fmt::format("l.c{0} = s.{1}{0}", i, key));
    return fmt::format("{}", fmt::join(terms, " AND "));
}

/// The table beside has the newest row of keys whose current version began with another one.
Status forget_latest(const ReplayCase& replay, char key) {
    if (!replay.plan.keeps_latest()) return success();
    return replay.session.execute(fmt::format("DELETE FROM {} AS l USING {} AS s WHERE {}",
                                              to_sql(replay.plan.latest), replay.row.sql(),
                                              latest_match(replay.plan, key)));
}

Status keep_latest(const ReplayCase& replay) {
    if (!replay.plan.keeps_latest()) return success();
    std::vector<std::string> names;
    for (std::size_t i = 0; i < replay.plan.data_count(); ++i) names.push_back(fmt::format("c{}", i));
    const std::string columns = fmt::format("{}", fmt::join(names, ", "));
    return replay.session.execute(fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {2}",
                                              to_sql(replay.plan.latest), columns, replay.row.sql()));
}

Result<ReplayOutcome> replay_end(const ReplayCase& replay) {
    WALFERRY_TRY(around, find_neighbours(replay, new_key));
    const Placement placement = place_end(around, replay.letter.commit_time);
    WALFERRY_TRYV(apply(replay, new_key, around, placement));
    if (placement.newest) {
        WALFERRY_TRYV(forget_latest(replay, new_key));
    }
    // An older letter that were replayed after this one would bring the row back.
    return replayed(true);
}

/// The row that moved away has ended already, as a rule.
Status end_moved(const ReplayCase& replay) {
    if (!replay.row.moves) return success();
    WALFERRY_TRY(around, find_neighbours(replay, old_key));
    const Placement placement = place_end(around, replay.letter.commit_time);
    WALFERRY_TRYV(apply(replay, old_key, around, placement));
    return placement.newest ? forget_latest(replay, old_key) : Status{success()};
}

ReplayOutcome refused_partial(const char* why) {
    return refused("partial", fmt::format("it leaves out values that did not change, and {}: correct the row "
                                          "at the source",
                                          why));
}

/// Why the values that the letter leaves out can't be told; none when they can.
Result<std::optional<ReplayOutcome>> judge_partial(const ReplayCase& replay, const Version* base,
                                                   bool newest) {
    const TablePlan& plan = replay.plan;
    using Judged = std::optional<ReplayOutcome>;
    const DeadLetterStore store(replay.control);
    WALFERRY_TRY(
        open, store.has_older(replay.session, replay.letter, replay.row.base_key, DeadLetterState::Pending));
    if (open) return Judged(refused_behind_open_letter());
    if (base == nullptr || replay.row.moves)
        return Judged(refused_partial("the history lacks the version that has them"));
    WALFERRY_TRY(given_up, store.has_older(replay.session, replay.letter, replay.row.base_key,
                                           DeadLetterState::Discarded, base->lsn));
    if (given_up) return Judged(refused_partial("the letter that had them was discarded"));
    // A version keeps the values with which it began; a newer one of an untracked column is known for the
    // newest row only.
    const bool all_tracked =
        std::all_of(replay.row.unchanged.begin(), replay.row.unchanged.end(), [&](std::size_t i) {
            return std::find(plan.tracked.begin(), plan.tracked.end(), i) != plan.tracked.end();
        });
    if (!newest && !all_tracked)
        return Judged(refused_partial("nobody knows them between two versions of columns that are tracked"));
    return Judged();
}

/// Takes what the letter does not say from the version that it found.
Status fill(const ReplayCase& replay, const Version& base, bool newest) {
    const TablePlan& plan = replay.plan;
    std::vector<std::size_t> wanted = replay.row.unchanged;
    wanted.insert(wanted.end(), replay.row.unknown.begin(), replay.row.unknown.end());
    if (wanted.empty()) return success();
    WALFERRY_TRYV(replay.session.execute(
        fill_staged_sql(plan, replay.row.table, wanted, version_match(replay, new_key, base.lsn))));
    if (!newest || !plan.keeps_latest()) return success();
    std::vector<std::string> settings;
    for (const std::size_t i : wanted) settings.push_back(fmt::format("c{0} = l.c{0}", i));
    return replay.session.execute(fmt::format("UPDATE {} AS s SET {} FROM {} AS l WHERE {}", replay.row.sql(),
                                              fmt::join(settings, ", "), to_sql(plan.latest),
                                              latest_match(plan, new_key)));
}

/// Rows of a first copy hold from its snapshot on, or as long as anybody knows.
PgTime time_of(const ReplayCase& replay) {
    const bool copied = replay.letter.op == DeadLetterOp::Read;
    return copied && replay.plan.valid_from_beginning ? time_minus_infinity : replay.letter.commit_time;
}

Result<ReplayOutcome> replay_row(const ReplayCase& replay) {
    const bool inserts = replay.letter.op == DeadLetterOp::Insert;
    const PgTime time = time_of(replay);
    WALFERRY_TRY(around, find_neighbours(replay, new_key));
    Placement placement = place_row(around, inserts, time);
    if (placement.superseded) return superseded();
    const Version* base = around.same_transaction ? &*around.same_transaction : nullptr;
    if (base == nullptr && lasts_past(around, inserts, time)) base = &*around.before;
    if (replay.row.is_partial()) {
        WALFERRY_TRY(judged, judge_partial(replay, base, placement.newest));
        if (judged) return *judged;
    }
    if (base != nullptr) {
        WALFERRY_TRYV(fill(replay, *base, placement.newest));
        WALFERRY_TRY(filled, find_neighbours(replay, new_key));
        around = filled;
        placement = place_row(around, inserts, time);
    }
    WALFERRY_TRYV(end_moved(replay));
    WALFERRY_TRYV(apply(replay, new_key, around, placement));
    if (placement.newest) {
        WALFERRY_TRYV(forget_latest(replay, new_key));
        if (!placement.has_row()) {
            WALFERRY_TRYV(keep_latest(replay));
        }
    }
    // Older letters of the key still have versions of their own.
    return replayed(false);
}

}  // namespace

Result<ReplayOutcome> replay_history(const ReplayCase& replay) {
    const bool has_time = replay.letter.commit_time != 0 || replay.letter.op == DeadLetterOp::Read;
    if (!has_time) return refused("malformed", "the letter has no commit time");
    return replay.letter.op == DeadLetterOp::Delete ? replay_end(replay) : replay_row(replay);
}

}  // namespace walferry
