#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "kafka/kafka_options.h"
#include "model/error.h"

namespace walferry {

class KafkaProducer;

/// Where publishing stands: a compacted topic of one partition, which has the last checkpoint of each key. It
/// is written in the transaction of the records that make it true. Several pipelines may share one. One
/// thread.
class CheckpointTopic {
 public:
    /// Makes the topic when it is absent. Kinds: Configuration, Connection, Permission; Refused when the
    /// topic that is there would lose checkpoints, or has several partitions.
    static Result<std::unique_ptr<CheckpointTopic>> open(const KafkaOptions& kafka, const std::string& topic,
                                                         std::stop_token stop = {});

    virtual ~CheckpointTopic() = default;

    /// The last committed value of `key`; empty when there is none. Ask only after KafkaProducer::open, which
    /// sees to it that no older instance adds another. Reads to the end that the topic has now, and waits for
    /// transactions of others that are open before it: kind Busy when they stay open for longer than
    /// transactions usually may.
    virtual Result<std::optional<std::string>> last(const std::string& key) = 0;

    /// Writes a checkpoint within the producer's transaction.
    virtual Status save(KafkaProducer& producer, std::string_view key, std::string_view value) const = 0;
};

}  // namespace walferry
