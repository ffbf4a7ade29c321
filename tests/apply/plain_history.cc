#include "tests/apply/plain_history.h"

#include <algorithm>
#include <cstdlib>
#include <ostream>
#include <set>

namespace walferry::testing {

void showValue(const Version& version, std::ostream& out) {
    for (const Text& field : version.row) out << field.value_or("NULL") << "|";
    out << " " << version.from << "..";
    if (version.to) out << *version.to;
    out << " lsn " << version.lsn;
}

bool tracks_alike(const Tracked& tracked, const ChainRow& one, const ChainRow& other) {
    return std::all_of(tracked.begin(), tracked.end(),
                       [&](std::size_t place) { return one[place] == other[place]; });
}

void PlainHistory::commit(const ChainRows& now, const Transaction& transaction) {
    std::set<std::string> keys;
    for (const auto& [key, row] : rows_) keys.insert(key);
    for (const auto& [key, row] : now) keys.insert(key);
    for (const std::string& key : keys) {
        const auto before = rows_.find(key);
        const auto after = now.find(key);
        const bool was = before != rows_.end();
        const bool is = after != now.end();
        if (was && is && tracks_alike(tracked_, before->second, after->second)) continue;
        std::vector<Version>& versions = versions_[key];
        PgTime at = transaction.commit_time;
        if (!versions.empty()) at = std::max(at, versions.back().to.value_or(versions.back().from));
        if (was) versions.back().to = at;
        if (is) versions.push_back({after->second, at, {}, transaction.commit_lsn.value});
    }
    rows_ = now;
}

std::vector<Transaction> transactions_of(const Chain& chain, bool clock_steps_back) {
    std::vector<Transaction> transactions(1);
    transactions[0].commit_lsn = Lsn{100};
    for (const ChainStep& step : chain) {
        if (!step.ends_transaction()) continue;
        Transaction next = transactions.back();
        transactions.back().commit_time += clock_steps_back ? step.clock : std::abs(step.clock);
        next.commit_lsn.value += 100;
        next.commit_time = transactions.back().commit_time + 1;
        transactions.push_back(next);
    }
    return transactions;
}

}  // namespace walferry::testing
