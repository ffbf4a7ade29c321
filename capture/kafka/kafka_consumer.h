#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "capture/kafka/kafka_assignments.h"
#include "capture/kafka/kafka_record.h"
#include "kafka/kafka_options.h"
#include "kafka/kafka_partition.h"
#include "model/error.h"

namespace walferry {

struct KafkaConsumerOptions {
    KafkaOptions kafka;
    std::string group;
    std::vector<std::string> topics;  ///< see TopicPatterns
    std::chrono::milliseconds connect_time_max{10'000};
};

/// A member of a consumer group (cooperative-sticky), which reads committed records only. Where it begins is
/// for its KafkaAssignments to say, never for Kafka: offsets stored in the group are for people to look at,
/// and an offset whose records Kafka no longer has is an error of kind Refused, not a jump ahead. Broken
/// connections heal by themselves. After an error it is of no use any more: the caller makes a new one. One
/// thread.
class KafkaConsumer {
 public:
    /// Joins the group, in the background. `assignments` outlives the consumer. Kinds: Configuration;
    /// Connection when no broker answers within `connect_time_max`; Permission; Refused when a topic that is
    /// named outright does not exist.
    static Result<std::unique_ptr<KafkaConsumer>> open(const KafkaConsumerOptions& options,
                                                       KafkaAssignments& assignments,
                                                       std::stop_token stop = {});

    /// Leaves the group, so that others get the partitions at once, without asking the KafkaAssignments: the
    /// caller has to be done with what was delivered.
    virtual ~KafkaConsumer() = default;

    /// Serves the group, then gives at most `records_max` records that are here already, without waiting.
    /// Within a partition they come in order of their offsets. They hold until the next call. Call it at
    /// least every few seconds, also while nothing can be taken: `records_max` 0 serves the group alone, and
    /// what was fetched meanwhile stays bounded (queued.max.messages.kbytes). Kinds: Refused, Permission,
    /// Protocol; Connection when all brokers have been out of reach for 30 s; Fenced when another member has
    /// our group.instance.id.
    virtual Result<std::span<const KafkaRecord>> poll(std::size_t records_max) = 0;

    /// Waits until `poll` may have something, the descriptor `wake` becomes readable (-1: there is none), or
    /// the time has passed. May return early. After `poll(0)` records that wait already do not end it.
    virtual void wait(int wake, std::chrono::milliseconds time_max) = 0;

    /// The partitions that are ours, and the offset that is read next of each: past the records given by
    /// `poll`, and at the end of a partition past aborted records and transaction markers too. A partition of
    /// which nothing was read yet has the offset at which it was told to start.
    virtual const KafkaOffsets& positions() const = 0;

    /// Stores offsets in the group for tools that show its lag. Nothing depends on it: failures are logged.
    virtual void commit_for_eyes(const KafkaOffsets& offsets) = 0;

    /// All partitions of the topics that match now, whoever reads them.
    virtual Result<std::vector<KafkaPartition>> partitions() = 0;

    /// The first offset that Kafka still has, by partition.
    virtual Result<KafkaOffsets> begin_offsets(std::span<const KafkaPartition> partitions) = 0;
    /// Where what is committed ends (the last stable offset): `positions` reaches it. Kafka answers a
    /// producer's commit some milliseconds before the end moves.
    virtual Result<KafkaOffsets> end_offsets(std::span<const KafkaPartition> partitions) = 0;
};

}  // namespace walferry
