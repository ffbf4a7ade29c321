#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace walferry {

struct KafkaHeader {
    std::string_view name;
    std::optional<std::string_view> value;
};

/// A record as Kafka delivers it; views into the client's memory.
struct KafkaRecord {
    std::string_view topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::int64_t timestamp_ms = -1;              ///< -1: none
    std::optional<std::string_view> key, value;  ///< none: null; a null value is a tombstone
    std::span<const KafkaHeader> headers;
};

}  // namespace walferry
