#include <fmt/format.h>

#include <array>
#include <regex>

#include "config/kafka_names.h"
#include "model/debezium_settings.h"
#include "service/debezium_import/import_parts.h"
#include "service/debezium_import/table_globs.h"

namespace walferry::importing {
namespace {

constexpr std::array value_settings = {"decimal.handling.mode",        "time.precision.mode",
                                       "hstore.handling.mode",         "interval.handling.mode",
                                       "binary.handling.mode",         "include.unknown.datatypes",
                                       "unavailable.value.placeholder"};

/// Properties that librdkafka has by the same name.
constexpr std::array shared_properties = {"security.protocol", "sasl.mechanism",     "linger.ms",
                                          "batch.size",        "compression.type",   "client.id",
                                          "client.rack",       "session.timeout.ms", "heartbeat.interval.ms"};

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> ends) {
    for (const std::string_view end : ends) {
        if (text.ends_with(end)) return true;
    }
    return false;
}

void take_registry(SettingLedger& ledger, ImportedSection& section, const std::string& start) {
    const std::string key = start + "schema.registry.url";
    const auto raw = ledger.take(key);
    static const std::regex login(R"(^(https?://)[^/?#]*@)");
    std::string url = raw.value_or("${REGISTRY_URL}");
    if (!raw) ledger.changed(start.substr(0, start.size() - 1), "fill in the registry's URL: REGISTRY_URL");
    if (const std::size_t comma = url.find(','); comma != std::string::npos) {
        url.resize(comma);
        ledger.changed(key, "only the first of several URLs is taken over");
    }
    const std::string info = start + "basic.auth.user.info";
    const bool has_login = std::regex_search(url, login);
    if (has_login) {
        url = std::regex_replace(url, login, "$1");
        ledger.changed(key, "user and password are not written: REGISTRY_LOGIN, as user:password");
    }
    const bool has_info = ledger.take_secret(info, "REGISTRY_LOGIN").has_value();
    const std::size_t host = url.find("://");
    if ((has_login || has_info) && host != std::string::npos) url.insert(host + 3, "${REGISTRY_LOGIN}@");
    const std::string source = start + "basic.auth.credentials.source";
    if (ledger.has(source)) ledger.needless(source, "the URL holds user and password");
    section.set("registry", url);
}

/// One transformation by its name and class.
void take_transform(SettingLedger& ledger, ImportedConfig& config, const std::string& name, bool reads,
                    bool publishes) {
    const std::string start = "transforms." + name + ".";
    const std::string type_key = start + "type";
    const std::string type = ledger.take_raw(type_key).value_or("");
    if (ends_with_any(type, {"ExtractNewRecordState", "UnwrapFromEnvelope"})) {
        if (publishes) {
            ledger.no_counterpart(type_key, "events are published whole, with their envelope");
            return;
        }
        if (!reads) {
            ledger.needless(type_key, "rows go to the warehouse, not events");
            return;
        }
        config.kafka_source.set_yaml("flattened", "true");
        const std::string old_key = start + "delete.handling.mode";
        const auto old_mode = ledger.take_raw(old_key);
        const std::string mode_key = start + "delete.tombstone.handling.mode";
        if (const auto mode = ledger.take_raw(mode_key)) {
            config.kafka_source.options["delete.tombstone.handling.mode"] = lower_case(*mode);
        } else if (old_mode == "rewrite") {
            config.kafka_source.options["delete.tombstone.handling.mode"] =
                is_true(ledger.take_raw(start + "drop.tombstones").value_or("true"))
                    ? "rewrite"
                    : "rewrite-with-tombstone";
        } else if (old_mode == "none") {
            ledger.no_counterpart(old_key, "none: deletes are expected as rows or as tombstones");
        }
        if (ledger.has(start + "drop.tombstones"))
            ledger.needless(start + "drop.tombstones", "a record without value is known for what it is");
        for (const char* key : {"add.fields", "add.headers"}) {
            if (ledger.has(start + key))
                ledger.needless(start + key, "__op, __table and the like are read where they are there");
        }
        return;
    }
    if (publishes && ends_with_any(type, {"outbox.EventRouter"})) {
        const auto table =
            config.rules.size() == 1 ? literal_of_glob(config.rules.front().match) : std::nullopt;
        if (table && !table_name_problem(*table)) {
            config.publish.set("outbox_table", *table);
            ledger.changed(type_key, "is publish.kafka.outbox_table");
        } else {
            ledger.no_counterpart(type_key, "name the table as publish.kafka.outbox_table");
        }
        return;
    }
    ledger.no_counterpart(type_key, fmt::format("no transformations: {}", type));
}

}  // namespace

void set_brokers(SettingLedger& ledger, ImportedSection& section, const ImportOptions& options) {
    if (!options.brokers.empty()) {
        section.set("brokers", options.brokers);
        return;
    }
    section.set("brokers", "${KAFKA_BROKERS}", "HOST:PORT,…; or give --brokers");
    ledger.changed("bootstrap.servers", "the worker's, not the connector's: put it into KAFKA_BROKERS");
}

std::optional<bool> take_converters(SettingLedger& ledger, ImportedSection& section) {
    const std::string type = ledger.take_raw("value.converter").value_or("");
    const std::string key_type = ledger.take_raw("key.converter").value_or(type);
    if (!type.empty() && key_type != type)
        ledger.changed("key.converter", "keys are taken to be in the format of the values");
    else if (ledger.has("key.converter"))
        ledger.needless("key.converter", "keys have the format of the values");
    if (ends_with_any(type, {"AvroConverter"}) && type.find("apicurio") == std::string::npos) {
        section.set_yaml("format", "avro");
        take_registry(ledger, section, "value.converter.");
        for (const char* key : {"key.converter.schema.registry.url", "key.converter.basic.auth.user.info",
                                "key.converter.basic.auth.credentials.source"}) {
            if (ledger.has(key)) ledger.needless(key, "keys and values have one registry");
        }
        return std::nullopt;
    }
    if (ends_with_any(type, {"JsonConverter"})) {
        const auto values = ledger.take_raw("value.converter.schemas.enable");
        const bool enabled = !values || is_true(values);
        const auto keys = ledger.take_raw("key.converter.schemas.enable");
        if (keys && is_true(keys) != enabled)
            ledger.changed("key.converter.schemas.enable", "keys are taken to be as the values");
        else if (keys)
            ledger.needless("key.converter.schemas.enable", "keys are as the values");
        section.set_yaml("format", "json");
        return enabled;
    }
    if (type.empty()) {
        ledger.changed("value.converter",
                       "is not there: the worker's default counts; format: json is a guess");
    } else {
        ledger.no_counterpart("value.converter", fmt::format("{}: json and avro are there", type));
    }
    return std::nullopt;
}

void account_for_schemas(SettingLedger& ledger) {
    for (const char* key : {"key.converter.schemas.enable", "value.converter.schemas.enable"}) {
        if (ledger.has(key)) ledger.needless(key, "each record tells whether it has a schema");
    }
}

void take_value_options(SettingLedger& ledger, ImportedSection& section, bool reads) {
    DebeziumSettings ignored;
    const DebeziumRole role = reads ? DebeziumRole::Reader : DebeziumRole::Writer;
    for (const std::string key : value_settings) {
        const auto value = ledger.take(key);
        if (!value) continue;
        if (reads && key == "include.unknown.datatypes") {
            ledger.needless(key, "the records tell");
        } else if (const auto problem = take_debezium_setting(ignored, role, key, *value)) {
            ledger.no_counterpart(key, *problem);
        } else {
            section.options[key] = *value;
        }
    }
}

void take_transforms(SettingLedger& ledger, ImportedConfig& config, bool reads, bool publishes) {
    const auto list = ledger.take_raw("transforms");
    for (const std::string& name : split_regex_list(list.value_or("")))
        take_transform(ledger, config, name, reads, publishes);
}

void take_overrides(SettingLedger& ledger, ImportedSection& section, const std::string& start) {
    for (const char* name : shared_properties) {
        const std::string key = start + name;
        if (const auto value = ledger.take(key)) section.properties[name] = *value;
    }
    const std::string jaas = start + "sasl.jaas.config";
    if (!ledger.has(jaas)) return;
    section.properties["sasl.username"] = "${KAFKA_USER}";
    section.properties["sasl.password"] = "${KAFKA_PASSWORD}";
    ledger.changed(jaas,
                   "is a secret and not written: put user and password into KAFKA_USER and KAFKA_PASSWORD");
}

void take_publish(SettingLedger& ledger, ImportedConfig& config, const ImportOptions& options) {
    ImportedSection& publish = config.publish;
    set_brokers(ledger, publish, options);
    const std::string prefix = prefix_of(ledger);
    publish.set("topic_prefix", prefix);
    if (const auto problem = topic_prefix_problem(prefix)) ledger.no_counterpart("topic.prefix", *problem);
    if (take_converters(ledger, publish).value_or(false)) publish.set_yaml("schemas_enable", "true");
    if (const auto tombstones = ledger.take_raw("tombstones.on.delete"))
        publish.set_yaml("tombstones", is_true(tombstones) ? "true" : "false");
    if (const auto metadata = ledger.take_raw("provide.transaction.metadata"))
        publish.set_yaml("transaction_topic", is_true(metadata) ? "true" : "false");
    if (const auto interval = ledger.take_raw("heartbeat.interval.ms")) {
        const bool number =
            !interval->empty() && interval->find_first_not_of("0123456789") == std::string::npos;
        if (number) {
            publish.set_yaml("heartbeat", *interval == "0" ? "0s" : *interval + "ms");
        } else {
            ledger.no_counterpart("heartbeat.interval.ms", "is no number of milliseconds");
        }
    }
    take_value_options(ledger, publish, false);
    take_overrides(ledger, publish, "producer.override.");
}

}  // namespace walferry::importing
