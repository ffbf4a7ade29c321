#include "tests/integration/oracle/source_log.h"

#include <stdexcept>

namespace walferry::testing {
namespace {

constexpr const char* slot = "oracle";

/// A piece ends with the transaction that exceeds it.
constexpr int lines_per_piece = 20'000;

Instant clock_of(const PgDatabase& source) {
    return std::stoll(source.cluster.value("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
                                           source.name));
}

Lsn lsn_of(const pqxx::row& row) {
    return parse_lsn(row[0].c_str()).value();
}

[[noreturn]] void contradiction(const OracleTable& table, char op, const ValueRow& key) {
    throw std::runtime_error("the oracle lost track: " + std::string(1, op) + " of " + table.text() +
                             " key " + to_string(key));
}

}  // namespace

ValueRow key_of(const OracleTable& table, const ValueRow& row) {
    if (table.key.empty()) return row;
    ValueRow key;
    for (const std::size_t column : table.key) key.push_back(row[column]);
    return key;
}

SourceLog::SourceLog(const PgDatabase& source) : source_(source), began_(clock_of(source)) {
    source.cluster.exec(
        std::string("SELECT pg_create_logical_replication_slot('") + slot + "', 'test_decoding')",
        source.name);
}

Instant SourceLog::now() const {
    return clock_of(source_);
}

void SourceLog::read() {
    const auto connection = source_.cluster.connect(source_.name);
    pqxx::nontransaction session(*connection);
    set_oracle_session(session);
    auto tables = std::make_unique<SourceTables>(session);
    if (tables_ && tables_->all().size() != tables->all().size())
        throw std::runtime_error("the oracle can't follow a table that comes or goes between two reads");
    tables_ = std::move(tables);
    CanonicalValues canonical(session);
    while (read_some(session, canonical)) {
    }
}

const std::vector<SourceEvent>& SourceLog::events(std::size_t table) const {
    static const std::vector<SourceEvent> none;
    const auto found = events_.find(table);
    return found == events_.end() ? none : found->second;
}

struct SourceLog::Line {
    Lsn lsn;
    std::int64_t xid;
    std::string_view text;
    DecodedChange change;
};

/// The changes of a transaction whose commit was not read yet.
struct SourceLog::Pending {
    std::vector<Line> changes;
};

std::size_t SourceLog::read_some(pqxx::nontransaction& session, CanonicalValues& canonical) {
    const pqxx::result lines =
        session.exec("SELECT lsn, xid, data FROM pg_catalog.pg_logical_slot_get_changes('" +
                     std::string(slot) + "', NULL, " + std::to_string(lines_per_piece) +
                     ", 'include-xids', '1', 'include-timestamp', '1', 'skip-empty-xacts', '1')");
    std::vector<Line> read;
    for (const auto& row : lines) {
        const std::string_view text(row[2].c_str(), row[2].size());
        Line& line = read.emplace_back(Line{lsn_of(row), row[1].as<std::int64_t>(), text, {}});
        if (!text.starts_with("table ")) continue;
        line.change = parse_decoded_change(text);
        const auto owner = tables_->owner(line.change.tables.front());
        if (!owner) continue;
        for (const auto* values : {&line.change.before, &line.change.after})
            if (*values)
                for (const DecodedValue& value : **values)
                    if (const auto column = (*tables_)[*owner].column(value.column); column && value.text)
                        canonical.announce((*tables_)[*owner], *column, *value.text);
    }
    canonical.resolve();

    Pending pending;
    for (Line& line : read) {
        if (line.text.starts_with("BEGIN ")) continue;
        if (!line.text.starts_with("COMMIT ")) {
            pending.changes.push_back(std::move(line));
            continue;
        }
        // After a crash of the source the slot may be where it was some time before.
        if ((transactions_.empty() || transactions_.back().end < line.lsn) && !pending.changes.empty()) {
            transactions_.push_back(
                {line.xid, pending.changes.back().lsn, line.lsn, parse_commit_instant(line.text)});
            for (std::size_t ordinal = 0; ordinal < pending.changes.size(); ++ordinal)
                take(transactions_.size() - 1, ordinal, pending.changes[ordinal].change, canonical);
        }
        pending.changes.clear();
    }
    return read.size();
}

void SourceLog::take(std::size_t transaction, std::size_t ordinal, const DecodedChange& change,
                     const CanonicalValues& canonical) {
    for (const DecodedName& name : change.tables) {
        const auto owner = tables_->owner(name);
        // A truncated partition comes beside its root; that of a partition alone is not published.
        if (!owner || (change.op == 't' && (*tables_)[*owner].name != name)) continue;
        const OracleTable& table = (*tables_)[*owner];
        SourceEvent event{transaction, ordinal, change.op, {}, {}};
        if (change.before) event.before = row_of(table, *change.before, canonical);
        if (change.after) event.after = row_of(table, *change.after, canonical);
        complete(*owner, event, change.before.has_value());
        events_[*owner].push_back(std::move(event));
    }
}

/// A column that the line does not name is NULL, see DecodedChange::before.
ValueRow SourceLog::row_of(const OracleTable& table, const std::vector<DecodedValue>& values,
                           const CanonicalValues& canonical) const {
    std::vector<std::optional<std::string>> texts(table.columns.size());
    std::vector<std::size_t> unchanged;
    for (const DecodedValue& value : values) {
        const auto column = table.column(value.column);
        if (!column) continue;
        if (value.unchanged_toast) unchanged.push_back(*column);
        if (value.text) texts[*column] = canonical.text(table, *column, *value.text);
    }
    normalise_floats(table.columns, texts);
    ValueRow row = pool_.row(texts);
    for (const std::size_t column : unchanged) row[column] = ValuePool::unchanged();
    return row;
}

/// Puts in what the source did not send, and keeps the table's rows.
void SourceLog::complete(std::size_t index, SourceEvent& event, bool has_before) {
    const OracleTable& table = (*tables_)[index];
    auto& rows = rows_[index];
    if (event.op == 't') return rows.clear();
    if (event.op == 'u' || event.op == 'd') {
        const ValueRow key = key_of(table, has_before ? event.before : event.after);
        if (!table.key.empty()) {
            const auto found = rows.find(key);
            if (found == rows.end()) contradiction(table, event.op, key);
            event.before = found->second;
            rows.erase(found);
        }
        for (std::size_t column = 0; column < event.after.size(); ++column)
            if (event.after[column] == ValuePool::unchanged()) event.after[column] = event.before[column];
    }
    if (event.op == 'd' || table.key.empty()) return;
    if (!rows.emplace(key_of(table, event.after), event.after).second)
        contradiction(table, event.op, key_of(table, event.after));
}

}  // namespace walferry::testing
