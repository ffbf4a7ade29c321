#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

namespace walferry {

struct KafkaPartition {
    std::string topic;
    std::int32_t partition = 0;

    auto operator<=>(const KafkaPartition&) const = default;
};

/// "topic[3]"
std::string to_string(const KafkaPartition& partition);

/// The offset of the next record to read, by partition.
using KafkaOffsets = std::map<KafkaPartition, std::int64_t>;

}  // namespace walferry
