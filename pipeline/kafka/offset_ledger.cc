#include "pipeline/kafka/offset_ledger.h"

#include <algorithm>

namespace walferry {

void OffsetLedger::own(std::span<const PartitionOffset> partitions) {
    const std::lock_guard lock(mutex_);
    for (const PartitionOffset& each : partitions) owned_[each.of] = {each.next, each.epoch, {}};
}

void OffsetLedger::disown(std::span<const KafkaPartition> partitions) {
    const std::lock_guard lock(mutex_);
    for (const KafkaPartition& each : partitions) {
        const auto owned = owned_.find(each);
        if (owned == owned_.end()) continue;
        broken_ = broken_ || !owned->second.marks.empty();
        owned_.erase(owned);
    }
}

void OffsetLedger::note(Lsn position, const KafkaPartition& partition, std::int64_t next) {
    const std::lock_guard lock(mutex_);
    const auto owned = owned_.find(partition);
    if (owned == owned_.end()) return;
    std::deque<Mark>& marks = owned->second.marks;
    if (!marks.empty() && marks.back().position == position) {
        marks.back().next = std::max(marks.back().next, next);
        return;
    }
    if (next > (marks.empty() ? owned->second.saved : marks.back().next)) marks.push_back({position, next});
}

std::vector<PartitionOffset> OffsetLedger::saved() const {
    const std::lock_guard lock(mutex_);
    std::vector<PartitionOffset> all;
    for (const auto& [partition, owned] : owned_) all.push_back({partition, owned.saved, owned.epoch});
    return all;
}

/// Of those that moved.
Result<std::vector<PartitionOffset>> OffsetLedger::reached(Lsn position) const {
    const std::lock_guard lock(mutex_);
    if (broken_) {
        return Error{ErrorKind::Fenced,
                     "another worker has partitions of which this one has read what is not applied yet", "",
                     ""};
    }
    std::vector<PartitionOffset> moved;
    for (const auto& [partition, owned] : owned_) {
        const auto later = std::partition_point(owned.marks.begin(), owned.marks.end(),
                                                [&](const Mark& mark) { return mark.position <= position; });
        if (later != owned.marks.begin()) moved.push_back({partition, std::prev(later)->next, owned.epoch});
    }
    return moved;
}

/// Partitions that did not move are not held: a batch has nothing of them.
Status OffsetLedger::save(WarehouseSession& session, Lsn position, std::int64_t) const {
    WALFERRY_TRY(moved, reached(position));
    return moved.empty() ? Status{success()} : store_.save(session, moved);
}

Status OffsetLedger::hold(WarehouseSession& session) const {
    const std::vector<PartitionOffset> all = saved();
    return all.empty() ? Status{success()} : store_.hold(session, all);
}

void OffsetLedger::committed(Lsn position) const {
    const std::lock_guard lock(mutex_);
    for (auto& [partition, owned] : owned_) {
        while (!owned.marks.empty() && owned.marks.front().position <= position) {
            owned.saved = owned.marks.front().next;
            owned.marks.pop_front();
        }
    }
}

}  // namespace walferry
