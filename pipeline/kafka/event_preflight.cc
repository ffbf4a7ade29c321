#include "pipeline/kafka/event_preflight.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "pipeline/kafka/event_shapes.h"

namespace walferry {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds connect_max{5'000};
constexpr milliseconds sample_max{2'000};
constexpr int sampled_records = 20;

KafkaRecord record_of(const rd_kafka_message_t& message) {
    KafkaRecord record;
    record.topic = rd_kafka_topic_name(message.rkt);
    record.partition = message.partition;
    record.offset = message.offset;
    if (message.key != nullptr) record.key.emplace(static_cast<const char*>(message.key), message.key_len);
    if (message.payload != nullptr)
        record.value.emplace(static_cast<const char*>(message.payload), message.len);
    return record;
}

}  // namespace

Result<std::shared_ptr<SchemaRegistry>> schema_registry(const KafkaSourceConfig& config,
                                                        std::stop_token stop) {
    if (config.format != EventFormat::Avro) return std::shared_ptr<SchemaRegistry>{};
    SchemaRegistryOptions options;
    options.url = config.registry;
    options.stop = std::move(stop);
    WALFERRY_TRY(opened, SchemaRegistry::open(options));
    return std::shared_ptr<SchemaRegistry>(std::move(opened));
}

Result<debezium::Options> debezium_options(const KafkaSourceConfig& config) {
    debezium::Options options;
    if (config.format == EventFormat::Avro) options.format = debezium::RecordFormat::Avro;
    options.flattened = config.flattened;
    options.ambiguous_null = config.ambiguous_null;
    return debezium::read_options(config.options, options);
}

Result<std::vector<PreflightFinding>> EventPreflight::look_at_topics() {
    std::vector<PreflightFinding> findings;
    WALFERRY_TRY(watch, TopicWatch::open(config_.kafka->kafka, config_.kafka->topics, connect_max));
    watch_ = std::move(watch);
    WALFERRY_TRY(missing, watch_->missing());
    for (const std::string& topic : missing) {
        findings.push_back({PreflightLevel::Error, topic,
                            "Kafka has no such topic, or does not let us see it",
                            "make it, or name it by a glob: then it is read as soon as it exists"});
    }
    WALFERRY_TRY(partitions, watch_->partitions());
    partitions_ = std::move(partitions);
    WALFERRY_TRY(ranges, watch_->ranges(partitions_));
    ranges_ = std::move(ranges);
    std::set<std::string> topics;
    for (const KafkaPartition& each : partitions_) topics.insert(each.topic);
    if (topics.empty()) {
        findings.push_back({PreflightLevel::Warning, "source", "no topic matches source.kafka.topics yet",
                            "start the connector, or correct the names"});
        return findings;
    }
    findings.push_back({PreflightLevel::Ok, "source",
                        fmt::format("Kafka at {}: {} topics of {} partitions match",
                                    config_.kafka->kafka.brokers, topics.size(), partitions_.size()),
                        ""});
    std::set<std::string> sampled;
    for (const KafkaPartition& each : partitions_) {
        const KafkaRange& range = ranges_.at(each);
        if (range.begin < range.end && sampled.insert(each.topic).second) sample(each, range, findings);
    }
    return findings;
}

/// The newest records, for the shape that the table has by now.
void EventPreflight::sample(const KafkaPartition& partition, const KafkaRange& range,
                            std::vector<PreflightFinding>& findings) {
    auto options = debezium_options(*config_.kafka);
    const auto registry = schema_registry(*config_.kafka);
    if (!options || !registry) return;
    debezium::EventReader reader(options.value(), {}, registry.value().get());
    const std::int64_t from = std::max(range.begin, range.end - sampled_records);
    std::optional<Error> unreadable;
    const debezium::TableShape* shape = nullptr;
    EventShapes shapes;
    SourceTable table;
    const Status read =
        watch_->sample(partition, from, sampled_records, sample_max, [&](const rd_kafka_message_t& message) {
            const auto event = reader.read(record_of(message));
            if (!event) {
                unreadable = event.error();
                return message.offset + 1 < range.end;
            }
            const auto* const change = std::get_if<debezium::RowChange>(&event.value());
            if (change != nullptr && !change->shape->table.columns.empty()) {
                shape = change->shape;
                if (const auto mapped = shapes.map(*shape))
                    table = shapes.table_of(*mapped.value()->relation);
            }
            return message.offset + 1 < range.end;
        });
    if (!read) unreadable = read.error();
    if (shape == nullptr) {
        if (unreadable) {
            findings.push_back({PreflightLevel::Warning, partition.topic,
                                "its newest records can't be read: " + unreadable->message,
                                "see docs/kafka.md for what can; such records become dead letters"});
        }
        return;
    }
    const std::string name = table.qualified_name();
    if (find_rule(config_, table.schema, table.name) == nullptr) {
        findings.push_back({PreflightLevel::Ok, name, "no rule wants it: its events are skipped", ""});
        return;
    }
    std::vector<std::string> inferred;
    for (std::size_t i = 0; i < shape->forms.size(); ++i) {
        if (shape->forms[i].origin == debezium::TypeOrigin::Inferred)
            inferred.push_back(shape->relation.columns[i].name);
    }
    if (!inferred.empty()) {
        findings.push_back(
            {PreflightLevel::Warning, name,
             fmt::format("its events have no schema: unless its target is there already, the types of {} are "
                         "taken from the values",
                         fmt::join(inferred, ", ")),
             "let the connector's converters send schemas (schemas.enable), or make the target first"});
    }
    if (!shape->keyed()) {
        findings.push_back(
            {PreflightLevel::Warning, name,
             "its records have no key: equal rows are counted, and an update or delete without "
             "the whole row of before is a dead letter",
             "give the table a primary key, or REPLICA IDENTITY FULL"});
    }
    tables_.push_back(table);
}

Result<std::vector<PreflightFinding>> EventPreflight::look_at_start(WarehouseSession& session,
                                                                    const KafkaOffsetStore& offsets) {
    std::vector<PreflightFinding> findings;
    WALFERRY_TRY(exists, session.describe_table(offsets.control().table("kafka_offset")));
    std::vector<PartitionOffset> applied;
    if (exists) {
        WALFERRY_TRY(rows, offsets.read(session));
        applied = std::move(rows);
    }
    for (const PartitionOffset& each : applied) {
        const auto range = ranges_.find(each.of);
        if (range == ranges_.end()) continue;
        if (each.next >= range->second.begin && each.next <= range->second.end) continue;
        findings.push_back(
            {PreflightLevel::Error, to_string(each.of),
             fmt::format("the warehouse is at offset {}, and Kafka has {} to {}", each.next,
                         range->second.begin, range->second.end),
             each.next < range->second.begin
                 ? "changes are missing: have the connector take a new snapshot, then `walferry drop CONFIG` "
                   "and `walferry run CONFIG`"
                 : "the topic was made anew: `walferry drop CONFIG`, then `walferry run CONFIG` reads it "
                   "from "
                   "its beginning"});
    }
    if (findings.empty()) {
        findings.push_back({PreflightLevel::Ok, "start",
                            applied.empty() ? "`run` begins with the oldest records"
                                            : fmt::format("`run` goes on in {} partitions", applied.size()),
                            ""});
    }
    return findings;
}

Result<TablePlanning> EventPreflight::plan(WarehouseSession& session, WarehouseKind kind) const {
    return plan_tables(config_, tables_, session, kind);
}

std::vector<PartitionReport> partition_reports(const std::vector<PartitionOffset>& applied,
                                               const std::map<KafkaPartition, KafkaRange>& ranges) {
    std::vector<PartitionReport> reports;
    for (const PartitionOffset& each : applied) {
        const auto range = ranges.find(each.of);
        reports.push_back({each.of, each.next, range == ranges.end() ? -1 : range->second.end});
    }
    return reports;
}

}  // namespace walferry
