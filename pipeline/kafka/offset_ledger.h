#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <vector>

#include "checkpoint/checkpoint_keeper.h"
#include "checkpoint/kafka_offset_store.h"

namespace walferry {

/// Which partitions of Kafka are ours, and how far each is read. What is read gets a position, a number that
/// only this session knows and that goes up record by record over all partitions; batches, and the one who
/// applies them, know nothing but these. A checkpoint at a position is the offset that each partition had
/// reached by then, saved under the epoch by which we took it over: should another worker have one of them
/// by now, the save fails whole. The reader writes, the applier saves.
class OffsetLedger final : public CheckpointKeeper {
 public:
    explicit OffsetLedger(KafkaOffsetStore store) : store_(std::move(store)) {}

    /// These are ours: their rows as we took them over.
    void own(std::span<const PartitionOffset> partitions);
    /// These are not any more. Where something was read of them that is not saved, nothing is from here on:
    /// batches hold it.
    void disown(std::span<const KafkaPartition> partitions);

    /// Everything before `next` in this partition was read by `position`. Neither ever goes back.
    void note(Lsn position, const KafkaPartition& partition, std::int64_t next);

    /// How far each partition is in the warehouse, as we know it.
    std::vector<PartitionOffset> saved() const;

    Status save(WarehouseSession& session, Lsn position, std::int64_t commit_time) const override;
    Status hold(WarehouseSession& session) const override;
    void committed(Lsn position) const override;

 private:
    struct Mark {
        Lsn position;
        std::int64_t next;
    };
    struct Owned {
        std::int64_t saved = 0;
        std::uint64_t epoch = 0;
        std::deque<Mark> marks;  ///< of what is not saved yet
    };
    Result<std::vector<PartitionOffset>> reached(Lsn position) const;

    KafkaOffsetStore store_;
    mutable std::mutex mutex_;
    mutable std::map<KafkaPartition, Owned> owned_;
    bool broken_ = false;
};

}  // namespace walferry
