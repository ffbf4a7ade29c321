#include <string_view>

#include "service/debezium_import/import_parts.h"

namespace walferry::importing {
namespace {

struct Needless {
    std::string_view key;  ///< with * at its end: all that begin so
    std::string_view why;
    /// The only value for which nothing is lost; empty: any.
    std::string_view value = {};
};

constexpr std::string_view pace = "walferry has its own pace and limits: batch";
constexpr std::string_view retries = "walferry retries for ever";
constexpr std::string_view defaults = "that is how it is here";

constexpr Needless needless_settings[] = {
    {"name", "names the pipeline"},
    {"connector.class", "tells what to make of the file"},
    {"tasks.max", "one process"},
    {"max.batch.size", pace},
    {"max.queue.size", pace},
    {"max.queue.size.in.bytes", pace},
    {"poll.interval.ms", "nothing is polled"},
    {"batch.size", pace},
    {"snapshot.fetch.size", "rows are copied by COPY"},
    {"snapshot.delay.ms", "the copy begins at once"},
    {"snapshot.isolation.mode", "the copy has one snapshot"},
    {"snapshot.locking.mode", "the copy locks nothing"},
    {"snapshot.lock.timeout.ms", "the copy locks nothing"},
    {"incremental.snapshot.chunk.size", "resync has its own"},
    {"plugin.name", defaults, "pgoutput"},
    {"slot.drop.on.stop", defaults, "false"},
    {"slot.max.retries", retries},
    {"slot.retry.delay.ms", retries},
    {"retriable.restart.connector.wait.ms", retries},
    {"errors.max.retries", retries},
    {"errors.retry.timeout", retries},
    {"errors.retry.delay.max.ms", retries},
    {"errors.retry.delay.initial.ms", retries},
    {"errors.log.enable", "errors are logged"},
    {"errors.log.include.messages", "a dead letter holds its rows"},
    {"errors.deadletterqueue.topic.replication.factor", "the broker's defaults count"},
    {"errors.deadletterqueue.context.headers.enable", "a letter has its context"},
    {"flush.lsn.source", defaults, "true"},
    {"status.update.interval.ms", "the slot follows the checkpoint"},
    {"xmin.fetch.interval.ms", "nothing is fetched"},
    {"publish.via.partition.root", "changes of partitions are their root's"},
    {"topic.naming.strategy", defaults, "io.debezium.schema.SchemaTopicNamingStrategy"},
    {"topic.delimiter", defaults, "."},
    {"topic.transaction", defaults, "transaction"},
    {"topic.heartbeat.prefix", defaults, "__debezium-heartbeat"},
    {"topic.cache.size", pace},
    {"schema.name.adjustment.mode", defaults, "none"},
    {"field.name.adjustment.mode", defaults, "none"},
    {"skipped.operations", defaults, "none"},
    {"event.processing.failure.handling.mode", defaults, "fail"},
    {"exactly.once.support", "delivery is exactly once"},
    {"transaction.boundary", "delivery is exactly once"},
    {"schema.evolution", defaults, "basic"},
    {"connection.pool.*", "walferry has its own connections"},
    {"connection.provider", "walferry has its own connections"},
};

/// Of a connector whose events are read from Kafka: how it gets at them is its own affair.
constexpr Needless connectors_own[] = {
    {"database.*", "the connector's connection; its events are read from Kafka"},
    {"slot.*", "the connector's slot"},
    {"publication.*", "the connector's publication"},
    {"plugin.name", "the connector's affair"},
    {"snapshot.*", "the connector's affair"},
    {"incremental.snapshot.*", "the connector's affair"},
    {"read.only", "the connector's affair"},
    {"schema.history.*", "the connector's affair"},
    {"include.schema.changes", "the connector's affair"},
    {"signal.*", "the connector's affair"},
    {"heartbeat.*", "heartbeats are not read"},
    {"table.exclude.list", "the connector has no topics of these"},
    {"schema.exclude.list", "the connector has no topics of these"},
    {"database.exclude.list", "the connector has no topics of these"},
    {"column.*", "the records are so already"},
    {"message.key.columns", "the records have their keys"},
    {"tombstones.on.delete", "the records are so already"},
    {"skipped.operations", "the records are so already"},
    {"topic.creation.*", "the topics are there"},
    {"producer.override.*", "the connector's producer"},
    {"log.mining.*", "the connector's affair"},
    {"provide.transaction.metadata", "transactions: aligned can use it"},
};

/// Of a connector whose events walferry does not write.
constexpr Needless events_own[] = {
    {"topic.prefix", "no topics are written"},
    {"database.server.name", "no topics are written"},
    {"topic.creation.*", "no topics are written"},
    {"tombstones.on.delete", "no events are written"},
    {"provide.transaction.metadata", "transactions are applied whole"},
    {"key.converter*", "no events are written"},
    {"value.converter*", "no events are written"},
    {"header.converter*", "no events are written"},
    {"producer.override.*", "no events are written"},
    {"decimal.handling.mode", "rows have PostgreSQL's types: types"},
    {"time.precision.mode", "rows have PostgreSQL's types: types"},
    {"hstore.handling.mode", "rows have PostgreSQL's types: types"},
    {"interval.handling.mode", "rows have PostgreSQL's types: types"},
    {"binary.handling.mode", "rows have PostgreSQL's types: types"},
    {"include.unknown.datatypes", "every type arrives"},
    {"unavailable.value.placeholder", "unchanged values keep what they are"},
    {"heartbeat.interval.ms", "an idle slot is moved on by itself"},
};

bool names_key(const Needless& entry, const std::string& key, const std::string& value) {
    if (entry.key.ends_with("*")) return key.starts_with(entry.key.substr(0, entry.key.size() - 1));
    return key == entry.key && (entry.value.empty() || entry.value == value);
}

template <class List>
const Needless* find_needless(const List& list, const std::string& key, const std::string& value) {
    for (const Needless& entry : list) {
        if (names_key(entry, key, value)) return &entry;
    }
    return nullptr;
}

}  // namespace

void account_for_rest(SettingLedger& ledger, Role role) {
    for (const std::string& key : ledger.open()) {
        const std::string& value = ledger.settings().at(key);
        const Needless* found = find_needless(needless_settings, key, value);
        if (found == nullptr && role == Role::Reading) found = find_needless(connectors_own, key, value);
        if (found == nullptr && role == Role::Warehouse) found = find_needless(events_own, key, value);
        if (found != nullptr) {
            ledger.needless(key, std::string(found->why));
        } else {
            ledger.no_counterpart(key, "has no counterpart");
        }
    }
}

}  // namespace walferry::importing
