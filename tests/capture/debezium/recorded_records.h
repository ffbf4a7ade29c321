#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "capture/kafka/kafka_record.h"

namespace walferry::testing {

/// A record that owns its bytes.
struct StoredRecord {
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::optional<std::string> key, value;
    std::vector<std::pair<std::string, std::string>> headers;
    std::vector<KafkaHeader> header_views;  ///< filled by view()

    /// Holds as long as this is neither changed nor moved.
    KafkaRecord view();
};

/// The events in tests/data/debezium, e.g. "a_default/types".
std::vector<StoredRecord> recorded_records(const std::string& name);

/// A file of tests/data/debezium.
std::string debezium_file(const std::string& name);

}  // namespace walferry::testing
