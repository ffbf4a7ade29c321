#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "kafka/kafka_options.h"
#include "model/debezium_settings.h"

namespace walferry {

/// How events are written in a record.
enum class EventFormat { Json, Avro };

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
    /// The connector's settings, by Debezium's names; good for parse_debezium_settings, as a reader.
    std::map<std::string, std::string> options;
};

/// `publish.kafka`: changes as Debezium's events.
struct KafkaPublishConfig {
    KafkaOptions kafka;
    std::string topic_prefix;
    std::string slot;              ///< default walferry_<pipeline>_publish
    std::string publication;       ///< default walferry_<pipeline>_publish
    bool snapshot_initial = true;  ///< `snapshot: initial | never`
    std::string checkpoint_topic;  ///< default <topic_prefix>.walferry.checkpoint
    /// `schema.table` of the source whose inserts are routed as Debezium's outbox event router does; empty:
    /// none.
    std::string outbox_table;
    EventFormat format = EventFormat::Json;
    std::string registry;  ///< URL; not empty with format avro
    bool schemas_enable = false;
    bool tombstones = true;
    bool transaction_topic = false;
    std::chrono::milliseconds heartbeat{0};  ///< 0: none
    bool exactly_once = true;                ///< `delivery: exactly_once | at_least_once`
    bool exact_values = false;               ///< `fidelity: debezium | exact`
    /// By Debezium's names; good for parse_debezium_settings, as a writer.
    std::map<std::string, std::string> options;
};

}  // namespace walferry
