#include "dlq/dead_letter_store.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "config/config.h"
#include "dlq/dead_letter_json.h"
#include "dlq/dead_letter_row.h"
#include "model/quote.h"

namespace walferry {

namespace {

constexpr std::size_t ids_a_statement = 10'000;
constexpr std::size_t keys_a_statement = 1'000;
constexpr std::size_t characters_a_page = 8u << 20;
constexpr const char* table_name = "dead_letter";

PgTime now() {
    constexpr std::int64_t unix_to_pg_microseconds = 946'684'800'000'000;
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count() -
           unix_to_pg_microseconds;
}

template <class Items>
std::string quoted_list(const Items& items) {
    std::string list;
    for (const std::string& item : items) list += (list.empty() ? "" : ", ") + quote_literal(item);
    return list;
}

/// As it is written now, and as older versions wrote it.
std::string key_forms(std::span<const std::string> keys) {
    std::vector<std::string> forms;
    for (const std::string& key : keys) {
        forms.push_back(key);
        std::string older = row_json_of_texts(key);
        if (older != key) forms.push_back(std::move(older));
    }
    return quoted_list(forms);
}

std::int64_t number_of(const std::optional<std::string>& text) {
    std::int64_t number = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), number);
    return number;
}

}  // namespace

DeadLetterCursor cursor_of(const DeadLetter& letter) {
    return {letter.sequence, letter.id};
}

std::uint64_t total(const std::vector<PendingCount>& counts) {
    std::uint64_t sum = 0;
    for (const PendingCount& count : counts) sum += count.count;
    return sum;
}

Result<bool> DeadLetterStore::exists(WarehouseSession& session) const {
    WALFERRY_TRY(columns, session.describe_table(control_.table(table_name)));
    return columns.has_value();
}

Result<std::int64_t> DeadLetterStore::last_id(WarehouseSession& session) const {
    WALFERRY_TRY(last, session.query(fmt::format("SELECT max(id) FROM {} WHERE pipeline = {}",
                                                 control_.sql(table_name), control_.pipeline_literal())));
    return number_of(last.rows.at(0).at(0));
}

Status DeadLetterStore::append(WarehouseSession& session, std::span<DeadLetter> letters) const {
    if (letters.empty()) return success();
    std::int64_t id = 0;
    if (letters.front().id == 0) {
        WALFERRY_TRY(last, last_id(session));
        id = last;
    }
    const PgTime created_at = now();
    const std::vector<TargetColumn> columns = dead_letter_columns();
    WALFERRY_TRY(loader, session.load(control_.table(table_name), columns, LoadFormat::Binary));
    std::string row;
    for (DeadLetter& letter : letters) {
        if (letter.id == 0) letter.id = ++id;
        if (letter.created_at == 0) letter.created_at = created_at;
        if (letter.last_attempt_at == 0) letter.last_attempt_at = letter.created_at;
        row.clear();
        append_dead_letter_row(row, letter, control_.pipeline);
        WALFERRY_TRYV(loader->append(row));
    }
    return loader->finish();
}

std::string DeadLetterStore::position(const SequenceKey& sequence) const {
    return fmt::format("{}, {}", control_.lsn_literal(sequence.commit_lsn), sequence.ordinal);
}

std::string DeadLetterStore::where(const DeadLetterFilter& filter) const {
    std::string sql = "pipeline = " + control_.pipeline_literal();
    if (!filter.ids.empty()) sql += fmt::format(" AND id IN ({})", fmt::join(filter.ids, ", "));
    if (filter.stage) sql += " AND stage = " + quote_literal(to_string(*filter.stage));
    if (filter.state) sql += " AND state = " + quote_literal(to_string(*filter.state));
    const std::string created_at = microseconds_sql(control_.kind, "created_at");
    if (filter.since) sql += fmt::format(" AND {} >= {}", created_at, *filter.since);
    if (filter.until) sql += fmt::format(" AND {} < {}", created_at, *filter.until);
    return sql;
}

/// The glob is the configuration's, which no SQL pattern is equal to: so it picks among the names there are.
Result<std::string> DeadLetterStore::table_condition(WarehouseSession& session,
                                                     const std::string& glob) const {
    if (glob.empty()) return std::string();
    WALFERRY_TRY(found, session.query(fmt::format(
                            "SELECT DISTINCT coalesce(source_table, '') FROM {} WHERE pipeline = {}",
                            control_.sql(table_name), control_.pipeline_literal())));
    std::vector<std::string> names;
    for (const auto& row : found.rows) {
        if (glob_matches(glob, row[0].value_or(""))) names.push_back(row[0].value_or(""));
    }
    if (names.empty()) return std::string(" AND FALSE");
    return fmt::format(" AND coalesce(source_table, '') IN ({})", quoted_list(names));
}

Result<std::vector<DeadLetter>> DeadLetterStore::list(WarehouseSession& session,
                                                      const DeadLetterFilter& filter,
                                                      const DeadLetterCursor* after,
                                                      std::uint64_t rows_max) const {
    WALFERRY_TRY(condition, table_condition(session, filter.table));
    if (after != nullptr) {
        condition +=
            fmt::format(" AND (commit_lsn, seq, id) > ({}, {})", position(after->sequence), after->id);
    }
    const std::string page = fmt::format("SELECT * FROM {} WHERE {}{} ORDER BY commit_lsn, seq, id LIMIT {}",
                                         control_.sql(table_name), where(filter), condition, rows_max);
    const std::string measured = fmt::format(
        "SELECT *, sum(length(coalesce(CAST(\"before\" AS text), '')) + length(coalesce(CAST(\"after\" AS "
        "text), ''))) OVER (ORDER BY commit_lsn, seq, id) AS characters, row_number() OVER (ORDER BY "
        "commit_lsn, seq, id) AS place FROM ({}) AS page",
        page);
    WALFERRY_TRY(found, session.query(fmt::format("SELECT {} FROM ({}) AS measured WHERE characters <= {} OR "
                                                  "place = 1 ORDER BY commit_lsn, seq, id",
                                                  dead_letter_select_list(control_.kind), measured,
                                                  characters_a_page)));
    std::vector<DeadLetter> letters;
    for (const auto& row : found.rows) letters.push_back(read_dead_letter_row(control_, row));
    return letters;
}

Result<std::vector<std::int64_t>> DeadLetterStore::mark(WarehouseSession& session,
                                                        std::span<const std::int64_t> ids,
                                                        DeadLetterState state) const {
    std::vector<std::int64_t> marked;
    for (std::size_t from = 0; from < ids.size(); from += ids_a_statement) {
        const auto some = ids.subspan(from, std::min(ids_a_statement, ids.size() - from));
        WALFERRY_TRY(changed, session.query(fmt::format(
                                  "UPDATE {} SET state = {} WHERE pipeline = {} AND state = 'pending' AND id "
                                  "IN ({}) RETURNING id",
                                  control_.sql(table_name), quote_literal(to_string(state)),
                                  control_.pipeline_literal(), fmt::join(some, ", "))));
        for (const auto& row : changed.rows) marked.push_back(number_of(row[0]));
    }
    std::sort(marked.begin(), marked.end());
    return marked;
}

Result<std::uint64_t> DeadLetterStore::supersede(WarehouseSession& session, const std::string& target_table,
                                                 std::span<const std::string> keys,
                                                 SequenceKey before) const {
    std::uint64_t superseded = 0;
    for (std::size_t from = 0; from < keys.size(); from += keys_a_statement) {
        const auto some = keys.subspan(from, std::min(keys_a_statement, keys.size() - from));
        WALFERRY_TRY(
            changed,
            session.modify(fmt::format(
                "UPDATE {} SET state = 'superseded' WHERE pipeline = {} AND state IN "
                "('pending', 'discarded') AND target_table = {} AND CAST(\"key\" AS text) IN ({}) AND "
                "(commit_lsn, seq) < ({})",
                control_.sql(table_name), control_.pipeline_literal(), quote_literal(target_table),
                key_forms(some), position(before))));
        superseded += changed;
    }
    return superseded;
}

Result<std::uint64_t> DeadLetterStore::supersede_table(WarehouseSession& session,
                                                       const std::string& target_table,
                                                       SequenceKey before) const {
    return session.modify(
        fmt::format("UPDATE {} SET state = 'superseded' WHERE pipeline = {} AND state IN "
                    "('pending', 'discarded') AND target_table = {} AND (commit_lsn, seq) < ({})",
                    control_.sql(table_name), control_.pipeline_literal(), quote_literal(target_table),
                    position(before)));
}

Result<bool> DeadLetterStore::has_older(WarehouseSession& session, const DeadLetter& letter,
                                        const std::string& key, DeadLetterState state, Lsn since) const {
    WALFERRY_TRY(
        found, session.query(fmt::format(
                   "SELECT 1 FROM {} WHERE pipeline = {} AND state = {} AND target_table = {} AND "
                   "CAST(\"key\" AS text) IN ({}) AND commit_lsn >= {} AND (commit_lsn, seq) < ({}) LIMIT 1",
                   control_.sql(table_name), control_.pipeline_literal(), quote_literal(to_string(state)),
                   quote_literal(letter.target_table), key_forms({&key, 1}), control_.lsn_literal(since),
                   position(letter.sequence))));
    return !found.rows.empty();
}

Result<std::uint64_t> DeadLetterStore::supersede_copied(WarehouseSession& session,
                                                        const std::string& target_table) const {
    return session.modify(fmt::format(
        "UPDATE {} SET state = 'superseded' WHERE pipeline = {} AND state = 'pending' AND op = 'r' "
        "AND target_table = {}",
        control_.sql(table_name), control_.pipeline_literal(), quote_literal(target_table)));
}

Status DeadLetterStore::note_attempt(WarehouseSession& session, std::int64_t id,
                                     const std::string& error_code, const std::string& error) const {
    return session.execute(fmt::format(
        "UPDATE {} SET attempts = attempts + 1, last_attempt_at = now(), error_code = {}, error = {} WHERE "
        "pipeline = {} AND id = {}",
        control_.sql(table_name), error_code.empty() ? "NULL" : quote_literal(storable_text(error_code)),
        quote_literal(storable_text(error)), control_.pipeline_literal(), id));
}

Result<HollowKeys> DeadLetterStore::hollow_keys(WarehouseSession& session,
                                                const std::string& target_table) const {
    WALFERRY_TRY(found,
                 session.query(fmt::format(
                     "SELECT CAST(\"key\" AS text), commit_lsn, max(seq) FROM {0} WHERE pipeline "
                     "= {1} AND state IN ('pending', 'discarded') AND target_table = {2} AND \"key\" "
                     "IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2",
                     control_.sql(table_name), control_.pipeline_literal(), quote_literal(target_table))));
    HollowKeys keys;
    for (const auto& row : found.rows) {
        const auto ordinal = static_cast<std::uint64_t>(number_of(row[2]));
        keys[row[0].value_or("")] = {control_.read_lsn(row[1]), ordinal};
    }
    return keys;
}

Result<std::vector<PendingCount>> DeadLetterStore::count_pending(WarehouseSession& session) const {
    WALFERRY_TRY(found, session.query(fmt::format(
                            "SELECT coalesce(source_table, ''), stage, count(*) FROM {} WHERE pipeline = {} "
                            "AND state = 'pending' GROUP BY 1, 2 ORDER BY 1, 2",
                            control_.sql(table_name), control_.pipeline_literal())));
    std::vector<PendingCount> counts;
    for (const auto& row : found.rows) {
        counts.push_back({row[0].value_or(""),
                          parse_dead_letter_stage(row[1].value_or("")).value_or(DeadLetterStage::Apply),
                          static_cast<std::uint64_t>(number_of(row[2]))});
    }
    return counts;
}

}  // namespace walferry
