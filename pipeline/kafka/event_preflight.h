#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "capture/debezium/event_reader.h"
#include "checkpoint/kafka_offset_store.h"
#include "config/config.h"
#include "kafka/schema_registry.h"
#include "kafka/topic_watch.h"
#include "pipeline/pipeline_status.h"
#include "pipeline/preflight.h"
#include "pipeline/table_planning.h"

namespace walferry {

/// What `check` finds about a Kafka source; the parts of Preflight.
class EventPreflight {
 public:
    explicit EventPreflight(const Config& config) : config_(config) {}

    /// Brokers, topics, and what the first records of each say: tables, keys, where their types come from.
    Result<std::vector<PreflightFinding>> look_at_topics();

    /// After it, against the warehouse: whether `run` can go on where it stood, and what the tables would
    /// become.
    Result<std::vector<PreflightFinding>> look_at_start(WarehouseSession& session,
                                                        const KafkaOffsetStore& offsets);
    Result<TablePlanning> plan(WarehouseSession& session, WarehouseKind kind) const;

 private:
    void sample(const KafkaPartition& partition, const KafkaRange& range,
                std::vector<PreflightFinding>& findings);

    const Config& config_;
    std::unique_ptr<TopicWatch> watch_;
    std::vector<KafkaPartition> partitions_;
    std::map<KafkaPartition, KafkaRange> ranges_;
    std::vector<SourceTable> tables_;
};

/// How far a partition is applied, and where it ends; -1: not known.
std::vector<PartitionReport> partition_reports(const std::vector<PartitionOffset>& applied,
                                               const std::map<KafkaPartition, KafkaRange>& ranges);

/// Where the schemas of Avro records are; null for another format.
Result<std::shared_ptr<SchemaRegistry>> schema_registry(const KafkaSourceConfig& config,
                                                        std::stop_token stop = {});

/// The settings of the connector as the reader of events wants them.
Result<debezium::Options> debezium_options(const KafkaSourceConfig& config);

}  // namespace walferry
