#include "pipeline/verify/row_repair.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "apply/value_transform.h"
#include "dlq/dead_letter_json.h"
#include "model/quote.h"
#include "model/row_json.h"
#include "pipeline/replay/history_replay.h"
#include "pipeline/replay/log_replay.h"
#include "pipeline/replay/upsert_replay.h"
#include "pipeline/verify/duckdb_side.h"
#include "pipeline/verify/postgres_side.h"
#include "pipeline/verify/row_text.h"
#include "warehouse/lsn_literal.h"

namespace walferry {
namespace {

constexpr int tries_max = 20;
constexpr std::chrono::milliseconds pause_between_tries{100};
constexpr std::chrono::milliseconds writers_patience{500}, writers_interval{10};

Error unrepairable(std::string why) {
    return Error{ErrorKind::Data, std::move(why), "", ""};
}

/// A lost source says nothing about the warehouse's session, in which it is met.
Error of_source(Error error) {
    if (error.kind == ErrorKind::Connection) error.kind = ErrorKind::Busy;
    return error;
}

}  // namespace

Status RowRepair::repair(const JudgedRow& row) {
    const TablePlan& plan = parts_.table.plan;
    if (!plan.has_key()) return unrepairable("the table has no key: `walferry resync` copies it anew");
    for (int tries = 0; tries < tries_max; ++tries) {
        if (tries > 0) std::this_thread::sleep_for(pause_between_tries);
        WALFERRY_TRYV(parts_.go_on());
        WALFERRY_TRY(done, try_once(row.row));
        if (done) return success();
    }
    return unrepairable("the row or its table is written to all the time");
}

/// All values of the row as the target takes them, hashed and masked ones too.
Result<RowRepair::SourceRow> RowRepair::read(const WantedRow& row) const {
    const TablePlan& plan = parts_.table.plan;
    const std::vector<std::string> key = unpack_texts(row.key);
    std::vector<std::string> conditions;
    for (std::size_t i = 0; i < key.size(); ++i) {
        const ComparedTable::Column& column = parts_.table.columns[i];
        conditions.push_back(
            fmt::format("{} = {}::{}", column.name, quote_literal(key[i]), column.source_type));
    }
    if (!plan.source.row_filter.empty()) conditions.push_back("(" + plan.source.row_filter + ")");
    std::string list;
    for (std::size_t i = 0; i < plan.data_count(); ++i) {
        const SourceColumn& column = plan.source.columns[plan.source_index[i]];
        const std::string name = quote_identifier(column.name);
        list += column.dropped ? ", NULL"
                               : fmt::format(
                                     ", CASE WHEN {0} IS NOT DISTINCT FROM NULL THEN NULL ELSE "
                                     "pg_catalog.concat({0}) END",
                                     name);
    }
    WALFERRY_TRY(
        found, parts_.query.rows(fmt::format(
                   "SELECT pg_catalog.concat_ws(' ', tableoid, xmin, ctid), (pg_catalog.date_part('epoch', "
                   "pg_catalog.clock_timestamp() - '2000-01-01 00:00:00+00'::timestamptz) * 1000000)::int8{} "
                   "FROM {} WHERE {}",
                   list, source_from(plan.source), fmt::join(conditions, " AND "))));
    SourceRow source;
    if (found.empty()) {
        WALFERRY_TRY(now,
                     parts_.query.rows("SELECT (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - "
                                       "'2000-01-01 00:00:00+00'::timestamptz) * 1000000)::int8"));
        source.time = now.at(0).at(0).value_or("0");
        return source;
    }
    source.version = found[0].at(0).value_or("");
    source.time = found[0].at(1).value_or("0");
    source.texts.assign(found[0].begin() + 2, found[0].end());
    ValueTransform transform(plan.column_rules.hash_key);
    for (std::size_t i = 0; i < plan.data_count(); ++i) {
        const ColumnRule rule = plan.column_rules.of(plan.source.columns[plan.source_index[i]].name);
        const bool changes = rule == ColumnRule::Hash || rule == ColumnRule::Mask;
        if (changes && source.texts[i]) source.texts[i] = transform.transformed(rule, *source.texts[i]);
    }
    return source;
}

Result<bool> RowRepair::may_write(const WantedRow& row, const SourceRow& read_before) const {
    const SourceTable& table = parts_.table.plan.source;
    WALFERRY_TRY(writers, parts_.query.writers(table));
    const auto until = std::chrono::steady_clock::now() + writers_patience;
    for (;; std::this_thread::sleep_for(writers_interval)) {
        WALFERRY_TRY(left, parts_.query.any_left(writers, table));
        if (!left) break;
        if (std::chrono::steady_clock::now() >= until) return false;
    }
    WALFERRY_TRY(now, read(row));
    return now.version == read_before.version;
}

/// False: the row was not the same for long enough.
Result<bool> RowRepair::try_once(const WantedRow& row) const {
    WALFERRY_TRY(source, read(row));
    WALFERRY_TRY(now, parts_.query.insert_position());
    WALFERRY_TRY(current, parts_.fence.pass(now));
    // After all that the target may have, before all that comes. Records of the log begin at multiples of
    // eight: no transaction has this position.
    const Lsn position{now.value + 1};
    if (!current) {
        return unrepairable(
            "the warehouse lacks what the source has committed since: `walferry run CONFIG "
            "--until-caught-up` first");
    }
    bool unchanged = false;
    const WriterWork work = [&](WarehouseSession& session) -> Status {
        const auto still = may_write(row, source);
        if (!still) return of_source(still.error());
        unchanged = still.value();
        return unchanged ? write(session, row, source, position) : Status{success()};
    };
    const std::vector<Status> outcomes = parts_.writer({work});
    const Status& outcome = outcomes.front();
    if (!outcome && outcome.error().kind == ErrorKind::Serialization) return false;
    if (!outcome) return outcome.error();
    return unchanged;
}

std::string RowRepair::row_as_json(const SourceRow& source) const {
    const TablePlan& plan = parts_.table.plan;
    std::vector<JsonField> fields;
    for (std::size_t i = 0; i < plan.data_count(); ++i) {
        const SourceColumn& column = plan.source.columns[plan.source_index[i]];
        if (column.dropped) continue;
        const auto& text = source.texts[i];
        fields.push_back({column.name, column.declared_type_oid,
                          text ? ColumnValue{ValueKind::Text, *text} : ColumnValue{}});
    }
    return row_json(fields);
}

/// The row as if its change had been refused, and comes now.
DeadLetter RowRepair::letter(const WantedRow& row, const SourceRow& source, Lsn position) const {
    const bool is_log = parts_.table.plan.mode == TableMode::Append;
    DeadLetter letter;
    letter.source_table = parts_.table.name();
    letter.target_table = to_string(parts_.table.plan.target);
    letter.key = letter_key(parts_.table, unpack_texts(row.key));
    if (source.version.empty()) {
        letter.op = DeadLetterOp::Delete;
        letter.before = letter.key;
    } else {
        letter.op = is_log ? DeadLetterOp::Read : DeadLetterOp::Insert;
        letter.after = row_as_json(source);
    }
    letter.sequence.commit_lsn = position;
    letter.commit_time = std::strtoll(source.time.c_str(), nullptr, 10);
    return letter;
}

Status RowRepair::write(WarehouseSession& session, const WantedRow& row, const SourceRow& source,
                        Lsn position) const {
    const TablePlan& plan = parts_.table.plan;
    if (plan.mode == TableMode::Upsert) {
        const DeadLetter said = letter(row, source, position);
        WALFERRY_TRYV(erase(session, row, plan.marks_deleted() && source.version.empty(), position));
        const DeadLetterStore letters(parts_.control);
        WALFERRY_TRYV(letters.supersede(session, said.target_table, {&*said.key, 1}, said.sequence));
        if (source.version.empty()) return success();
    }
    return put(session, letter(row, source, position));
}

/// Upsert: whatever stands under the key goes, for it may be there twice, or have a position that is none.
Status RowRepair::erase(WarehouseSession& session, const WantedRow& row, bool mark, Lsn position) const {
    ComparedTable table = parts_.table;
    const TablePlan& plan = table.plan;
    const bool duckdb = plan.kind == WarehouseKind::DuckDb;
    table.target_lsn = duckdb ? "rowid" : "t.ctid";
    std::vector<std::string> ids;
    const RowSide::TakeSeen take = [&](std::uint64_t, SeenRow seen) {
        ids.push_back(duckdb ? seen.version : fmt::format("'{}'::tid", seen.version));
    };
    if (!mark) table.target_filter.clear();
    if (duckdb) {
        DuckDbSide side(session, table, parts_.go_on);
        WALFERRY_TRYV(side.look_up({&row, 1}, {}, take));
    } else {
        PostgresSide::Parts parts = warehouse_side(table);
        parts.ask = [&](const std::string& sql) -> Result<TextRows> {
            WALFERRY_TRY(result, session.query(sql));
            return std::move(result.rows);
        };
        WALFERRY_TRYV(PostgresSide(std::move(parts)).look_up({&row, 1}, {}, take));
    }
    if (ids.empty()) return success();
    const std::string found = fmt::format("{} IN ({})", duckdb ? "rowid" : "ctid", fmt::join(ids, ", "));
    if (!mark) return session.execute(fmt::format("DELETE FROM {} WHERE {}", to_sql(plan.target), found));
    std::string set = fmt::format("{} = true", deleted_column);
    if (plan.metadata) {
        set += fmt::format(", {} = {}, {} = now()", lsn_column, lsn_literal(plan.kind, position),
                           synced_at_column);
    }
    return session.execute(fmt::format("UPDATE {} SET {} WHERE {}", to_sql(plan.target), set, found));
}

Status RowRepair::put(WarehouseSession& session, const DeadLetter& letter) const {
    const TablePlan& plan = parts_.table.plan;
    WALFERRY_TRY(staged, stage_letter(session, plan, letter));
    const ReplayCase replay{session, plan, letter, staged, parts_.control};
    WALFERRY_TRY(outcome, plan.mode == TableMode::Upsert ? replay_upsert(replay)
                          : plan.mode == TableMode::Scd2 ? replay_history(replay)
                                                         : replay_log(replay));
    if (outcome.verdict == ReplayVerdict::Refused) return unrepairable(outcome.error);
    if (outcome.verdict == ReplayVerdict::Superseded)
        return unrepairable("the target has a version of it with a later position");
    return unstage_letter(session, staged);
}

}  // namespace walferry
