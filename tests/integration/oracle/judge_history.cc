#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "tests/integration/oracle/judge.h"

namespace walferry::testing {
namespace {

constexpr std::size_t history_shown_max = 5;

std::string instant_text(const std::optional<Instant>& instant) {
    if (!instant) return "now on";
    return *instant == minus_infinity ? "-infinity" : std::to_string(*instant);
}

std::string described(const ValueRow& values, Instant from, const std::optional<Instant>& to) {
    return fmt::format("{} from {} to {}", to_string(values), instant_text(from), instant_text(to));
}

/// Counts and shows the first few.
class Findings {
 public:
    void add(const std::string& what) {
        if (++count_ <= history_shown_max) shown_ += "    " + what + "\n";
    }
    std::string text(const char* heading) const {
        return count_ ? fmt::format("  {} {}:\n{}", count_, heading, shown_) : "";
    }

 private:
    std::size_t count_ = 0;
    std::string shown_;
};

using Order = std::tuple<const ValueRow&, Instant, const std::optional<Instant>&>;

Order order_of(const Version& version) {
    return {version.values, version.from, version.to};
}

Order order_of(const StoredVersion& version) {
    return {version.values, version.from, version.to};
}

}  // namespace

/// The one time that the oracle can't know: it is taken from the earliest versions of the copied keys, which
/// must agree on it.
Instant Judge::copy_instant(const OracleTable& table, const std::vector<StoredVersion>& stored,
                            const RowCounts& copied, std::string& report) const {
    if (copied.empty()) return 0;
    std::map<ValueRow, Instant> earliest;
    for (const StoredVersion& version : stored) {
        const auto [found, is_new] = earliest.emplace(key_of(table, version.values), version.from);
        if (!is_new) found->second = std::min(found->second, version.from);
    }
    std::map<Instant, std::size_t> instants;
    for (const auto& [row, count] : copied)
        if (const auto found = earliest.find(key_of(table, row)); found != earliest.end())
            ++instants[found->second];
    if (instants.empty()) return 0;
    const auto usual =
        std::max_element(instants.begin(), instants.end(),
                         [](const auto& one, const auto& other) { return one.second < other.second; });
    if (instants.size() > 1)
        report += fmt::format("  the copied rows begin at {} different times\n", instants.size());
    if (usual->first < log_.began() || usual->first > log_.now())
        report += fmt::format("  the copied rows begin at {}, outside of this test, which began at {}\n",
                              instant_text(usual->first), log_.began());
    return usual->first;
}

std::string Judge::version_differences(std::vector<Version> expected,
                                       std::vector<StoredVersion> stored) const {
    // The commit position decides among those that are alike in all else; the copied ones come first.
    std::sort(expected.begin(), expected.end());
    std::sort(stored.begin(), stored.end(), [](const StoredVersion& one, const StoredVersion& other) {
        return std::tuple_cat(order_of(one), std::tuple(one.lsn)) <
               std::tuple_cat(order_of(other), std::tuple(other.lsn));
    });
    Findings missing;
    Findings extra;
    Findings misplaced;
    auto wanted = expected.begin();
    auto found = stored.begin();
    while (wanted != expected.end() || found != stored.end()) {
        if (found == stored.end() || (wanted != expected.end() && order_of(*wanted) < order_of(*found))) {
            missing.add(described(wanted->values, wanted->from, wanted->to));
            ++wanted;
            continue;
        }
        if (wanted == expected.end() || order_of(*found) < order_of(*wanted)) {
            extra.add(described(found->values, found->from, found->to));
            ++found;
            continue;
        }
        if (wanted->opened_by && !log_.transactions()[*wanted->opened_by].holds(found->lsn))
            misplaced.add(walferry::to_string(found->lsn) + ": " +
                          described(found->values, found->from, found->to));
        ++wanted;
        ++found;
    }
    return missing.text("versions missing") + extra.text("versions too many") +
           misplaced.text("versions whose _walferry_lsn is not that of the transaction that opened them");
}

std::string Judge::history_differences(const std::string& name, const HistoryTarget& target,
                                       std::optional<Seam> seam) {
    const std::size_t index = log_.tables().index_of(name);
    const OracleTable& table = table_at(index);
    const std::vector<StoredVersion> stored = stored_versions(warehouse_, table, target, log_.pool());
    if (!seam) seam = seams_.at(index);
    std::string report;
    std::vector<std::size_t> tracked;
    for (const std::string& column : target.track) tracked.push_back(table.column(column).value());
    const Instant copied_from = target.from_beginning
                                    ? minus_infinity
                                    : copy_instant(table, stored, rows_at(log_, index, *seam), report);
    report += version_differences(expected_history(log_, index, *seam, copied_from, tracked), stored);
    Findings contradictory;
    for (const StoredVersion& version : stored)
        if (version.current == version.to.has_value())
            contradictory.add(described(version.values, version.from, version.to));
    report += contradictory.text("versions whose is_current does not follow from their end");
    return report.empty() ? report : target.name.schema + "." + target.name.name + ":\n" + report;
}

}  // namespace walferry::testing
