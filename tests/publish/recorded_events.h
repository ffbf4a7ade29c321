#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace walferry::publish {

/// A record as it stands in Kafka: of a real Debezium, or made by the code under test.
struct EventRecord {
    std::string topic;  ///< without the prefix and its point
    nlohmann::json key, value;
    std::map<std::string, std::string> headers;

    /// The event without the schema around it; null for a tombstone.
    const nlohmann::json& event() const { return payload(value); }
    const nlohmann::json& bare_key() const { return payload(key); }
    static const nlohmann::json& payload(const nlohmann::json& document);
};

/// By topic, in the order of the topic.
using EventTopics = std::map<std::string, std::vector<EventRecord>>;

/// Reads tests/data/debezium/<set>/<file>.jsonl.gz.
EventTopics recorded_events(const std::string& set, const std::string& file);

}  // namespace walferry::publish
