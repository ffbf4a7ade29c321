#include "config/kafka_keys.h"

namespace walferry {

namespace {

Key brokers_key(std::string_view path) {
    return {.path = path,
            .type = KeyType::Text,
            .description = "HOST:PORT of a broker, or several with commas between",
            .required = true};
}

Key format_key(std::string_view path) {
    return {.path = path,
            .type = KeyType::Choice,
            .description =
                "How keys and values are written: as JSON, with or without embedded schemas, or as "
                "Avro in Confluent's form",
            .default_text = "json",
            .choices = {{"json"}, {"avro"}}};
}

Key registry_key(std::string_view path) {
    return {.path = path,
            .type = KeyType::Text,
            .description = "http or https URL of the schema registry, with format avro"};
}

Key properties_key(std::string_view path) {
    return {.path = path,
            .type = KeyType::TextMap,
            .description = "librdkafka's own properties, passed through, such as security.protocol"};
}

}  // namespace

std::vector<Key> kafka_source_keys() {
    return {
        {.path = "source.kafka", .type = KeyType::Section, .description = "Debezium's topics on Kafka"},
        brokers_key("source.kafka.brokers"),
        {.path = "source.kafka.group",
         .type = KeyType::Text,
         .description = "Consumer group. Default: walferry_<pipeline>"},
        {.path = "source.kafka.topics",
         .type = KeyType::TextList,
         .description = "Topics to read: names, globs on whole names, or regular expressions that begin "
                        "with ^",
         .required = true},
        format_key("source.kafka.format"),
        registry_key("source.kafka.registry"),
        {.path = "source.kafka.flattened",
         .type = KeyType::Boolean,
         .description = "Whether ExtractNewRecordState made the records: rows without an envelope. Schema "
                        "and table then come from __schema and __table, else from the topic's last two parts",
         .default_text = "false"},
        {.path = "source.kafka.transactions",
         .type = KeyType::Choice,
         .description = "eventual applies each partition as it comes, aligned whole transactions of the "
                        "source, which needs the connector's transaction topic",
         .default_text = "eventual",
         .choices = {{"eventual"}, {"aligned"}}},
        {.path = "source.kafka.ambiguous_null",
         .type = KeyType::Choice,
         .description = "What a null is taken for that may stand for an unchanged value out of line: keep "
                        "the old value, believe the null, or make the record a dead letter",
         .default_text = "keep",
         .choices = {{"keep"}, {"null"}, {"dead_letter"}}},
        {.path = "source.kafka.options",
         .type = KeyType::TextMap,
         .description = "The connector's settings that change how values look, by Debezium's names and with "
                        "its defaults; used where a record has no schema"},
        properties_key("source.kafka.properties"),
    };
}

std::vector<Key> kafka_publish_keys() {
    return {
        {.path = "publish",
         .type = KeyType::Section,
         .description = "Where changes go as events, beside a warehouse or instead of one"},
        {.path = "publish.kafka",
         .type = KeyType::Section,
         .description = "Debezium's events on Kafka",
         .required = true},
        brokers_key("publish.kafka.brokers"),
        {.path = "publish.kafka.topic_prefix",
         .type = KeyType::Text,
         .description = "First part of each topic's name, Debezium's topic.prefix: letters, digits, . _ and "
                        "-",
         .required = true},
        {.path = "publish.kafka.slot",
         .type = KeyType::Text,
         .description = "Replication slot, created when absent and no checkpoint exists. Default: "
                        "walferry_<pipeline>_publish"},
        {.path = "publish.kafka.publication",
         .type = KeyType::Text,
         .description = "Publication, created for the matched tables when absent. Default: "
                        "walferry_<pipeline>_publish"},
        {.path = "publish.kafka.snapshot",
         .type = KeyType::Choice,
         .description = "Whether rows that exist already are published first",
         .default_text = "initial",
         .choices = {{"initial"}, {"never"}}},
        {.path = "publish.kafka.checkpoint_topic",
         .type = KeyType::Text,
         .description = "Topic that holds how far publishing has come. Default: "
                        "<topic_prefix>.walferry.checkpoint"},
        {.path = "publish.kafka.outbox_table",
         .type = KeyType::Text,
         .description = "schema.table of the source whose inserts are routed to topics of their own, as "
                        "Debezium's outbox event router does"},
        format_key("publish.kafka.format"),
        registry_key("publish.kafka.registry"),
        {.path = "publish.kafka.schemas_enable",
         .type = KeyType::Boolean,
         .description = "Whether JSON records carry their schema",
         .default_text = "false"},
        {.path = "publish.kafka.tombstones",
         .type = KeyType::Boolean,
         .description = "Whether a delete is followed by a record with its key and no value, which log "
                        "compaction needs",
         .default_text = "true"},
        {.path = "publish.kafka.transaction_topic",
         .type = KeyType::Boolean,
         .description = "Whether begin and end of transactions are published, and events carry their place "
                        "in them",
         .default_text = "false"},
        {.path = "publish.kafka.heartbeat",
         .type = KeyType::Duration,
         .description = "Time between records on Debezium's heartbeat topic; 0s sends none",
         .default_text = "0s",
         .least = 0,
         .most = day_ms},
        {.path = "publish.kafka.delivery",
         .type = KeyType::Choice,
         .description = "exactly_once by Kafka's transactions, or at_least_once without them",
         .default_text = "exactly_once",
         .choices = {{"exactly_once"}, {"at_least_once"}}},
        {.path = "publish.kafka.fidelity",
         .type = KeyType::Choice,
         .description = "debezium writes every value as Debezium does; exact writes columns of types whose "
                        "values Debezium's encodings can't carry as PostgreSQL's text",
         .default_text = "debezium",
         .choices = {{"debezium"}, {"exact"}}},
        {.path = "publish.kafka.options",
         .type = KeyType::TextMap,
         .description = "Settings that change how values look, by Debezium's names and with its defaults"},
        properties_key("publish.kafka.properties"),
    };
}

}  // namespace walferry
