#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace walferry {

/// A header of a record; a name may occur more than once. `value` is none where it is null.
struct KafkaHeader {
    std::string_view name;
    std::optional<std::string_view> value;
};

/// One record as a consumer got it. All views belong to the consumer and hold until it polls again.
struct KafkaRecord {
    std::string_view topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::int64_t timestamp_ms = -1;              ///< since 1970, of the producer or the log; -1: none
    std::optional<std::string_view> key, value;  ///< none: null; a null value is a tombstone
    std::span<const KafkaHeader> headers;
};

}  // namespace walferry
