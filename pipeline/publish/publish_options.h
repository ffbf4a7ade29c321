#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "config/config.h"
#include "model/error.h"
#include "publish/envelope.h"

namespace walferry::publish {

/// All that publishing a pipeline's changes wants to know.
struct PublishOptions {
    std::string pipeline;
    std::string connection;  ///< to the source
    std::string slot;
    std::string publication;
    bool snapshot_initial = true;
    std::vector<TableRule> tables;  ///< which tables; only `match` counts

    KafkaOptions kafka;
    std::string topic_prefix;
    std::string checkpoint_topic;
    bool exactly_once = true;  ///< else at least once, without transactions
    std::string registry;      ///< URL of the schema registry; empty: JSON
    bool schemas = false;
    bool tombstones = true;
    bool transaction_topic = false;
    std::string outbox_table;  ///< schema.table whose inserts are routed; empty: none
    bool messages = true;      ///< logical messages, from PostgreSQL 14 on
    ValueOptions values;
    std::chrono::milliseconds heartbeat{0};  ///< 0: none

    BatchConfig batch;
    /// A snapshot that takes longer is committed in parts, for a transaction may not stay open for ever.
    std::chrono::milliseconds snapshot_part_time_max{60'000};

    /// Who writes to Kafka, across restarts; empty without transactions.
    std::string transactional_id() const;
    /// `registrar`: null for JSON.
    EnvelopeSettings envelope(const std::string& database, SchemaRegistrar* registrar) const;
    std::string dead_letter_topic() const { return topic_prefix + ".walferry.dead_letter"; }
};

/// Of a configuration that has `publish`. Kind Configuration where something is asked for that publishing
/// can't do.
Result<PublishOptions> publish_options(const Config& config);

}  // namespace walferry::publish
