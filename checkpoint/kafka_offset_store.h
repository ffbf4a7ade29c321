#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "checkpoint/control_schema.h"
#include "kafka/kafka_partition.h"

namespace walferry {

/// How far the warehouse is in one partition: every record before `next` is in it, in the same warehouse
/// commit that moved `next` there.
struct PartitionOffset {
    KafkaPartition of;
    std::int64_t next = 0;    ///< offset of the first record that is not applied
    std::uint64_t epoch = 0;  ///< raised by every worker that takes the partition over: the fence

    bool operator==(const PartitionOffset&) const = default;
};

/// The control table `kafka_offset`: the checkpoint of a pipeline that reads Kafka, a row a topic-partition,
/// each fenced by itself, for a group's workers share the partitions. Stateless beside the names: every
/// method works inside the session's current transaction (or on its own where none is open).
class KafkaOffsetStore {
 public:
    explicit KafkaOffsetStore(ControlSchema control) : control_(std::move(control)) {}

    /// Of all partitions that were ever taken over, in order of topic and partition.
    Result<std::vector<PartitionOffset>> read(WarehouseSession& session) const;

    /// Raises the epochs of these partitions, in a transaction of its own: from here on every save of an
    /// older owner fails. A partition without row gets one at its `next`; of others `next` is not looked at.
    /// Gives their rows as they are then, in the order asked for.
    Result<std::vector<PartitionOffset>> take_over(WarehouseSession& session,
                                                   std::span<const PartitionOffset> partitions) const;

    /// Moves the partitions forward, each under its epoch. Kind Fenced when one has another epoch by now, or
    /// no row; kind Internal when one would go back (the SQL itself refuses both). After an error the
    /// transaction must not be committed.
    Status save(WarehouseSession& session, std::span<const PartitionOffset> partitions) const;

    /// Fails with kind Fenced unless all still have these epochs, and (PostgreSQL) keeps it so until the
    /// transaction ends.
    Status hold(WarehouseSession& session, std::span<const PartitionOffset> partitions) const;

    const ControlSchema& control() const { return control_; }

 private:
    Status explain_refusal(WarehouseSession& session, std::span<const PartitionOffset> partitions) const;

    ControlSchema control_;
};

}  // namespace walferry
