#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "kafka/kafka_options.h"

namespace walferry {

/// How events are written in a record.
enum class EventFormat { Json, Avro };

/// A null that may stand for an unchanged value out of line (docs/kafka.md).
enum class AmbiguousNull { Keep, Null, DeadLetter };

/// `source.kafka`: Debezium's topics.
struct KafkaSourceConfig {
    KafkaOptions kafka;               ///< brokers, properties
    std::string group;                ///< default walferry_<pipeline>
    std::vector<std::string> topics;  ///< names, globs, or ^regex
    EventFormat format = EventFormat::Json;
    std::string registry;  ///< URL; not empty with format avro
    bool flattened = false;
    bool aligned = false;  ///< `transactions: eventual | aligned`
    AmbiguousNull ambiguous_null = AmbiguousNull::Keep;
    std::map<std::string, std::string> options;  ///< the connector's settings, by Debezium's names
};

/// `publish.kafka`: changes as Debezium's events.
struct KafkaPublishConfig {
    KafkaOptions kafka;
    std::string topic_prefix;
    EventFormat format = EventFormat::Json;
    std::string registry;  ///< URL; not empty with format avro
    bool schemas_enable = false;
    bool tombstones = true;
    bool transaction_topic = false;
    std::chrono::milliseconds heartbeat{0};      ///< 0: none
    bool exactly_once = true;                    ///< `delivery: exactly_once | at_least_once`
    bool exact_values = false;                   ///< `fidelity: debezium | exact`
    std::map<std::string, std::string> options;  ///< by Debezium's names
};

}  // namespace walferry
