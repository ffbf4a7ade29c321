#include "tests/integration/oracle/expected_history.h"

#include <algorithm>
#include <stdexcept>

namespace walferry::testing {
namespace {

class KeyHistories {
 public:
    KeyHistories(const OracleTable& table, const std::vector<std::size_t>& tracked)
        : table_(table), tracked_(tracked) {}

    void copy(const ValueRow& row, Instant from) {
        const ValueRow key = key_of(table_, row);
        rows_[key] = row;
        versions_[key].push_back({row, from, {}, {}});
    }

    void apply(const SourceEvent& event) {
        if (event.op == 't') {
            for (const auto& [key, row] : rows_) touch(key);
            rows_.clear();
            return;
        }
        if (!event.before.empty()) {
            const ValueRow key = key_of(table_, event.before);
            touch(key);
            rows_.erase(key);
        }
        if (!event.after.empty()) {
            const ValueRow key = key_of(table_, event.after);
            touch(key);
            rows_[key] = event.after;
        }
    }

    void commit(std::size_t transaction, Instant commit_time) {
        for (const auto& [key, before] : touched_) {
            const auto found = rows_.find(key);
            const ValueRow after = found == rows_.end() ? ValueRow() : found->second;
            if (before.empty() ? after.empty() : !after.empty() && tracks_alike(before, after)) continue;
            std::vector<Version>& versions = versions_[key];
            Instant at = commit_time;
            if (!versions.empty()) at = std::max(at, versions.back().to.value_or(versions.back().from));
            if (!before.empty()) versions.back().to = at;
            if (!after.empty()) versions.push_back({after, at, {}, transaction});
        }
        touched_.clear();
    }

    std::vector<Version> all() const {
        std::vector<Version> all;
        for (const auto& [key, versions] : versions_) all.insert(all.end(), versions.begin(), versions.end());
        return all;
    }

 private:
    /// Keeps the row as it is before the transaction's first change of it; empty when there is none.
    void touch(const ValueRow& key) {
        const auto found = rows_.find(key);
        touched_.emplace(key, found == rows_.end() ? ValueRow() : found->second);
    }

    bool tracks_alike(const ValueRow& one, const ValueRow& other) const {
        if (tracked_.empty()) return one == other;
        return std::all_of(tracked_.begin(), tracked_.end(),
                           [&](std::size_t column) { return one[column] == other[column]; });
    }

    const OracleTable& table_;
    const std::vector<std::size_t>& tracked_;
    std::map<ValueRow, ValueRow> rows_;
    std::map<ValueRow, ValueRow> touched_;
    std::map<ValueRow, std::vector<Version>> versions_;
};

}  // namespace

std::vector<Version> expected_history(const SourceLog& log, std::size_t index, const Seam& seam,
                                      Instant copied_from, const std::vector<std::size_t>& tracked) {
    const OracleTable& table = log.tables()[index];
    if (table.key.empty()) throw std::runtime_error(table.text() + " has no key, and so no history");
    KeyHistories histories(table, tracked);
    for (const auto& [row, count] : rows_at(log, index, seam)) histories.copy(row, copied_from);
    std::optional<std::size_t> open;
    const auto commit = [&] {
        if (open) histories.commit(*open, log.transactions()[*open].commit);
        open.reset();
    };
    for (const SourceEvent& event : log.events(index)) {
        if (seam.copied.contains(event.transaction)) continue;
        if (open != event.transaction) commit();
        open = event.transaction;
        histories.apply(event);
    }
    commit();
    return histories.all();
}

}  // namespace walferry::testing
