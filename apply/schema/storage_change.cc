#include "apply/schema/storage_change.h"

#include <algorithm>

namespace walferry {

bool was_rewritten(const TableStorage& known, const TableStorage& now) {
    return std::any_of(known.leaves.begin(), known.leaves.end(), [&](const auto& leaf) {
        const auto found = now.leaves.find(leaf.first);
        return found != now.leaves.end() && found->second.file_node != leaf.second.file_node;
    });
}

bool same_mark(const TableStorage& known, const TableStorage& now, std::int16_t attnum) {
    const auto before = known.marks.find(attnum), after = now.marks.find(attnum);
    return before == known.marks.end() || after == now.marks.end() || before->second == after->second;
}

StorageChange compare_storage(const TableStorage& known, const TableStorage& now) {
    StorageChange change;
    if (known.empty()) return change;
    const bool altered = std::any_of(known.marks.begin(), known.marks.end(),
                                     [&](const auto& mark) { return !same_mark(known, now, mark.first); });
    change.rewritten = altered && was_rewritten(known, now);
    for (const auto& [id, leaf] : now.leaves) {
        if (known.leaves.contains(id)) continue;
        (leaf.made_as_partition ? change.made : change.attached).push_back(id);
    }
    for (const auto& [id, leaf] : known.leaves) {
        if (!now.leaves.contains(id)) change.gone.push_back(id);
    }
    return change;
}

}  // namespace walferry
