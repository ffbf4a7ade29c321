#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kafka/kafka_partition.h"
#include "model/error.h"

namespace walferry {

/// In place of an offset: the oldest record that is there, or only what comes from now on.
constexpr std::int64_t kafka_beginning = -2;
constexpr std::int64_t kafka_end = -1;

/// Told which partitions its consumer reads, when the group shares them out anew. Called within
/// KafkaConsumer::poll, on its thread; an error ends the consumer, and poll returns it. Only what is named
/// changes: the other partitions go on undisturbed.
class KafkaAssignments {
 public:
    virtual ~KafkaAssignments() = default;

    /// These are ours from now on. For each, in this order, the offset of the first record to deliver: that
    /// of the checkpoint, kafka_beginning or kafka_end.
    virtual Result<std::vector<std::int64_t>> assigned(std::span<const KafkaPartition> partitions) = 0;

    /// These go to another member, who begins as soon as this returns, at the checkpoint it finds then. What
    /// was delivered of them and is not applied has to be dropped, or applied, before that. None of their
    /// records comes any more.
    virtual Status revoked(std::span<const KafkaPartition> partitions) = 0;

    /// As revoked, but another member may have them already: what is not applied has to be dropped.
    virtual Status lost(std::span<const KafkaPartition> partitions) = 0;
};

}  // namespace walferry
