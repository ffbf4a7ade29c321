#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "kafka/kafka_client.h"
#include "kafka/kafka_partition.h"
#include "kafka/topic_patterns.h"

namespace walferry {

/// Looks at topics from outside of any group: what there is, where it begins and ends. One thread.
class TopicWatch {
 public:
    /// Kind Connection when no broker answers within `time_max`; Permission; Configuration.
    static Result<std::unique_ptr<TopicWatch>> open(const KafkaOptions& kafka,
                                                    const std::vector<std::string>& topics,
                                                    std::chrono::milliseconds time_max,
                                                    std::stop_token stop = {});

    /// All partitions of the topics that match now.
    Result<std::vector<KafkaPartition>> partitions() const;
    /// Topics that are named outright and do not exist, or can't be seen.
    Result<std::vector<std::string>> missing() const;

    /// Begin and end of each.
    Result<std::map<KafkaPartition, KafkaRange>> ranges(std::span<const KafkaPartition> partitions) const;

    /// Reads at most so many records from `offset` on, and gives each to `look`, until it says false; waits
    /// for the first at most `time_max`.
    Status sample(const KafkaPartition& partition, std::int64_t offset, int records_max,
                  std::chrono::milliseconds time_max,
                  const std::function<bool(const rd_kafka_message_t&)>& look) const;

 private:
    TopicWatch(std::unique_ptr<KafkaClient> client, TopicPatterns patterns)
        : client_(std::move(client)), patterns_(std::move(patterns)) {}

    std::unique_ptr<KafkaClient> client_;
    TopicPatterns patterns_;
};

}  // namespace walferry
