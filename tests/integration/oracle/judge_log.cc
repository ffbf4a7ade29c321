#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/integration/oracle/judge.h"

namespace walferry::testing {
namespace {

constexpr std::size_t log_shown_max = 5;

std::string text_of(const DecodedName& name) {
    return name.schema + "." + name.name;
}

/// The values that the log shows for an event.
ValueRow logged_values(const OracleTable& table, const SourceEvent& event) {
    if (event.op == 'c' || event.op == 'u') return event.after;
    if (event.op == 'd' && (table.full || table.key.empty())) return event.before;
    ValueRow values(table.columns.size(), nullptr);
    if (event.op == 'd')
        for (const std::size_t column : table.key) values[column] = event.before[column];
    return values;
}

bool changes_key(const OracleTable& table, const SourceEvent& event) {
    return event.op == 'u' && !table.key.empty() && key_of(table, event.before) != key_of(table, event.after);
}

/// Column names and values of a JSON object, numbers as they are written.
std::string printed(const nlohmann::json& object) {
    std::string text;
    for (const auto& [name, value] : object.items())
        text += fmt::format("{}={};", name, value.is_string() ? value.get<std::string>() : value.dump());
    return text;
}

std::string old_key_difference(const OracleTable& table, const SourceEvent& event, const LoggedRow& row) {
    if (!changes_key(table, event)) return row.old_key ? "_old_key is " + *row.old_key + ", not NULL" : "";
    nlohmann::json expected = nlohmann::json::object();
    for (const std::size_t column : table.key)
        expected[table.columns[column].name] = to_string(event.before[column]);
    const nlohmann::json found =
        row.old_key ? nlohmann::json::parse(*row.old_key, nullptr, false) : nlohmann::json();
    if (found.is_object() && printed(found) == printed(expected)) return "";
    return fmt::format("_old_key is {}, not {}", row.old_key.value_or("NULL"), expected.dump());
}

std::string described(const SourceTransaction& transaction, const SourceEvent& event) {
    return fmt::format("{} of change {} in transaction {} that ends at {}", event.op, event.ordinal,
                       transaction.xid, walferry::to_string(transaction.end));
}

std::string described(const LoggedRow& row) {
    return fmt::format("{} {}/{} xid {}: {}", row.op, walferry::to_string(row.lsn), row.seq, row.xid,
                       to_string(row.values));
}

}  // namespace

std::string row_differences(const RowCounts& expected, const RowCounts& actual) {
    RowCounts difference = expected;
    for (const auto& [row, count] : actual)
        if ((difference[row] -= count) == 0) difference.erase(row);
    std::string report;
    for (const int sign : {1, -1}) {
        std::size_t rows = 0;
        std::string shown;
        for (const auto& [row, count] : difference)
            if (count * sign > 0 && ++rows <= log_shown_max)
                shown += fmt::format("    {} × {}\n", count * sign, to_string(row));
        if (rows) report += fmt::format("  {} rows {}:\n", rows, sign > 0 ? "missing" : "too many") + shown;
    }
    return report;
}

std::optional<std::size_t> Judge::transaction_of(const LoggedRow& row) const {
    for (std::size_t i = by_xid_.size(); i < log_.transactions().size(); ++i)
        by_xid_[log_.transactions()[i].xid] = i;
    const auto found = by_xid_.find(row.xid);
    return found == by_xid_.end() ? std::nullopt : std::optional(found->second);
}

Seam Judge::find_seam(std::size_t index, const std::vector<LoggedRow>& rows, std::string& report) const {
    std::set<std::size_t> streamed;
    RowCounts copied;
    for (const LoggedRow& row : rows) {
        if (row.op == 'r')
            ++copied[row.values];
        else if (const auto transaction = transaction_of(row))
            streamed.insert(*transaction);
        else
            report += "  of a transaction that did not change the source: " + described(row) + "\n";
    }
    const Seam plain = seam_of_stream(log_, index, streamed, false);
    if (rows_at(log_, index, plain) == copied) return plain;
    const Seam near = seam_of_stream(log_, index, streamed, true);
    if (rows_at(log_, index, near) == copied) return near;
    report += "  the copied rows are not what the transactions left that were not streamed:\n" +
              row_differences(rows_at(log_, index, plain), copied);
    return plain;
}

std::string Judge::event_difference(const OracleTable& table, const SourceEvent& event,
                                    const LoggedRow& row) const {
    const SourceTransaction& transaction = log_.transactions()[event.transaction];
    std::string why;
    const ValueRow values = logged_values(table, event);
    if (row.op != event.op) why += fmt::format("; _op is {}", row.op);
    if (row.xid != transaction.xid) why += fmt::format("; _xid is {}", row.xid);
    if (!transaction.holds(row.lsn)) why += "; _lsn is " + walferry::to_string(row.lsn);
    if (row.commit != transaction.commit)
        why += fmt::format("; _commit_ts is {}, not {}", row.commit.value_or(-1), transaction.commit);
    if (row.seq < 0) why += "; _seq is NULL";
    if (!row.unchanged.empty()) why += "; _unchanged is " + row.unchanged;
    if (const std::string difference = old_key_difference(table, event, row); !difference.empty())
        why += "; " + difference;
    if (row.values != values)
        why += fmt::format("; values are\n      {}\n    not\n      {}", to_string(row.values),
                           to_string(values));
    return why.empty() ? why : "    " + described(transaction, event) + why + "\n";
}

std::string Judge::log_differences(const std::string& name, const DecodedName& target) {
    const std::size_t index = log_.tables().index_of(name);
    const OracleTable& table = table_at(index);
    const std::vector<LoggedRow> rows = logged_rows(warehouse_, table, target, log_.pool());
    std::string report;
    const Seam& seam = seams_[index] = find_seam(index, rows, report);

    std::vector<const SourceEvent*> expected;
    for (const SourceEvent& event : log_.events(index))
        if (!seam.copied.contains(event.transaction)) expected.push_back(&event);
    auto row = std::find_if(rows.begin(), rows.end(), [](const LoggedRow& each) { return each.op != 'r'; });
    const auto streamed = static_cast<std::size_t>(rows.end() - row);
    if (streamed != expected.size())
        report += fmt::format("  {} events, and not {}\n", streamed, expected.size());
    std::size_t differing = 0;
    for (auto event = expected.begin(); event != expected.end() && row != rows.end(); ++event, ++row) {
        placed_[(*event)->transaction].push_back({(*event)->ordinal, row->seq, text_of(target)});
        const std::string difference = event_difference(table, **event, *row);
        if (difference.empty()) continue;
        // After one that is missing or doubled, the rest says nothing any more.
        if (++differing <= log_shown_max) report += difference;
    }
    if (differing) report += fmt::format("  {} of {} events differ\n", differing, expected.size());
    return report.empty() ? report : text_of(target) + ":\n" + report;
}

std::string Judge::sequence_differences() const {
    std::string report;
    for (const auto& [transaction, unsorted] : placed_) {
        std::vector<Placed> placed = unsorted;
        std::sort(placed.begin(), placed.end());
        for (std::size_t i = 1; i < placed.size(); ++i) {
            // The tables of one TRUNCATE are one change of the source, and may have one number or several.
            const bool one_change = placed[i].ordinal == placed[i - 1].ordinal;
            const bool ordered =
                one_change ? placed[i].target != placed[i - 1].target : placed[i].seq > placed[i - 1].seq;
            if (!ordered)
                report += fmt::format("transaction {}: _seq {} in {} is not after {} in {}\n",
                                      log_.transactions()[transaction].xid, placed[i].seq, placed[i].target,
                                      placed[i - 1].seq, placed[i - 1].target);
        }
        if (report.size() > 2000) return report;
    }
    return report;
}

}  // namespace walferry::testing
