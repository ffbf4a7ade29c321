#include "tests/integration/oracle/log_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "tests/integration/oracle/judge.h"

namespace walferry::testing {
namespace {

class Replay {
 public:
    Replay(const OracleTable& table, ValuePool& pool) : table_(table), pool_(pool) {}

    void copy(const LoggedRow& row) {
        const ValueRow key = key_of(table_, row.values);
        rows_[key] = row.values;
        versions_[key].push_back({row.values, row.commit.value(), {}, true, row.lsn});
    }

    void change(const LoggedRow& row) {
        if (row.op == 't') {
            for (const auto& [key, values] : rows_) touched_.emplace(key, values);
            rows_.clear();
            return;
        }
        const ValueRow key = key_of(table_, row.values);
        if (row.old_key) take(key_from_json(table_, *row.old_key, pool_));
        take(key);
        if (row.op == 'c' || row.op == 'u') rows_[key] = row.values;
    }

    /// Of the transaction that the log's last rows belong to.
    void commit(const LoggedRow& last) {
        for (const auto& [key, before] : touched_) {
            const auto after = rows_.find(key);
            const bool was = !before.empty();
            const bool is = after != rows_.end();
            if (was ? is && after->second == before : !is) continue;
            std::vector<StoredVersion>& versions = versions_[key];
            Instant at = last.commit.value();
            if (!versions.empty()) at = std::max(at, versions.back().to.value_or(versions.back().from));
            if (was) {
                versions.back().to = at;
                versions.back().current = false;
            }
            if (is) versions.push_back({after->second, at, {}, true, last.lsn});
        }
        touched_.clear();
    }

    ReplayedLog result() const {
        ReplayedLog result;
        for (const auto& [key, row] : rows_) ++result.rows[row];
        for (const auto& [key, versions] : versions_)
            result.versions.insert(result.versions.end(), versions.begin(), versions.end());
        return result;
    }

 private:
    void take(const ValueRow& key) {
        const auto found = rows_.find(key);
        touched_.emplace(key, found == rows_.end() ? ValueRow() : found->second);
        if (found != rows_.end()) rows_.erase(found);
    }

    const OracleTable& table_;
    ValuePool& pool_;
    std::map<ValueRow, ValueRow> rows_;
    std::map<ValueRow, ValueRow> touched_;  ///< in the transaction, as before it; empty where there was none
    std::map<ValueRow, std::vector<StoredVersion>> versions_;
};

std::string printed(const StoredVersion& version) {
    return fmt::format("    {} from {} to {}{} at {}\n", to_string(version.values), version.from,
                       version.to ? std::to_string(*version.to) : "now on",
                       version.current ? ", current" : "", walferry::to_string(version.lsn));
}

std::string missing_from(const std::vector<StoredVersion>& these, const std::vector<StoredVersion>& those,
                         const char* what) {
    constexpr std::size_t shown_max = 5;
    std::vector<StoredVersion> missing;
    std::set_difference(these.begin(), these.end(), those.begin(), those.end(), std::back_inserter(missing));
    if (missing.empty()) return "";
    std::string report = fmt::format("  {} versions {}:\n", missing.size(), what);
    for (std::size_t i = 0; i < std::min(missing.size(), shown_max); ++i) report += printed(missing[i]);
    return report;
}

}  // namespace

ReplayedLog replay_log(const OracleTable& table, const std::vector<LoggedRow>& log, ValuePool& pool) {
    if (table.key.empty()) throw std::runtime_error(table.text() + " has no key: its log can't be replayed");
    Replay replay(table, pool);
    for (auto row = log.begin(); row != log.end(); ++row) {
        if (row->op == 'r') {
            replay.copy(*row);
            continue;
        }
        replay.change(*row);
        if (row + 1 == log.end() || (row + 1)->lsn != row->lsn) replay.commit(*row);
    }
    return replay.result();
}

std::string log_replay_differences(const TargetReader& reader, const OracleTable& table, ValuePool& pool) {
    const DecodedName log{table.name.schema, table.name.name + "_changes"};
    const HistoryTarget history{.name = {table.name.schema, table.name.name + "_history"}};
    ReplayedLog replayed = replay_log(table, logged_rows(reader, table, log, pool), pool);
    std::vector<StoredVersion> stored = stored_versions(reader, table, history, pool);
    std::sort(stored.begin(), stored.end());
    std::sort(replayed.versions.begin(), replayed.versions.end());
    std::string report = row_differences(replayed.rows, stored_rows(reader, table, table.name, pool));
    report += missing_from(replayed.versions, stored, "missing");
    report += missing_from(stored, replayed.versions, "too many");
    return report.empty() ? report : "by its log, of " + table.text() + ":\n" + report;
}

}  // namespace walferry::testing
