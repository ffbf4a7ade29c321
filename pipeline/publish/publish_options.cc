#include "pipeline/publish/publish_options.h"

#include <fmt/format.h>

namespace walferry::publish {

std::string PublishOptions::transactional_id() const {
    return exactly_once ? fmt::format("walferry.{}.{}", topic_prefix, pipeline) : "";
}

EnvelopeSettings PublishOptions::envelope(const std::string& database, SchemaRegistrar* registrar) const {
    EnvelopeSettings settings;
    settings.topic_prefix = topic_prefix;
    settings.database = database;
    if (registrar != nullptr) settings.format = RecordFormat::Avro;
    settings.registrar = registrar;
    settings.schemas = schemas;
    settings.tombstones = tombstones;
    settings.values = values;
    return settings;
}

Result<PublishOptions> publish_options(const Config& config) {
    const KafkaPublishConfig& publish = *config.publish;
    for (const TableRule& rule : config.tables) {
        if (rule.columns.empty()) continue;
        return Error{ErrorKind::Configuration,
                     fmt::format("{}:{}: tables: columns that are excluded, hashed or masked can't be "
                                 "published: `publish` would send them in clear",
                                 config.file, rule.line),
                     "leave them out by a column list of a publication of your own (PostgreSQL 15)", ""};
    }
    PublishOptions options;
    options.pipeline = config.pipeline;
    options.connection = config.source.connection;
    options.slot = publish.slot;
    options.publication = publish.publication;
    options.snapshot_initial = publish.snapshot_initial;
    options.tables = config.tables;
    options.outbox_table = publish.outbox_table;
    if (!options.outbox_table.empty()) {
        TableRule outbox;
        outbox.match = options.outbox_table;
        options.tables.insert(options.tables.begin(), outbox);
    }
    options.kafka = publish.kafka;
    options.topic_prefix = publish.topic_prefix;
    options.checkpoint_topic = publish.checkpoint_topic;
    if (publish.format == EventFormat::Avro) options.registry = publish.registry;
    options.exactly_once = publish.exactly_once;
    options.schemas = publish.schemas_enable;
    options.tombstones = publish.tombstones;
    options.transaction_topic = publish.transaction_topic;
    options.heartbeat = publish.heartbeat;
    options.batch = config.batch;
    WALFERRY_TRY(values, parse_value_options(publish.options));
    options.values = values;
    options.values.fidelity = publish.exact_values ? Fidelity::Exact : Fidelity::Debezium;
    return options;
}

}  // namespace walferry::publish
