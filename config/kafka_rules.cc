#include "config/kafka_rules.h"

#include <fmt/format.h>

#include <array>

#include "config/kafka_names.h"
#include "config/names.h"
#include "kafka/topic_patterns.h"

namespace walferry {
namespace {

/// Reads one of the two sections; `path` is source.kafka or publish.kafka.
class KafkaReader {
 public:
    KafkaReader(const Settings& settings, ErrorLines& errors, std::string path)
        : settings_(settings), errors_(errors), path_(std::move(path)) {}

    KafkaSourceConfig read_source(const std::string& pipeline);
    KafkaPublishConfig read_publish(const std::string& pipeline);

 private:
    std::string key(std::string_view name) const { return fmt::format("{}.{}", path_, name); }

    template <class Check>
    void take_checked(std::string_view name, std::string& value, Check check) {
        const Setting* setting = settings_.find(key(name));
        if (setting == nullptr) return;
        value = setting->text;
        if (const std::optional<std::string> problem = check(value))
            errors_.add(setting->line, key(name), *problem);
    }
    /// Whether a choice is the one that is not the default.
    bool is(std::string_view name, std::string_view choice) const {
        const Setting* setting = settings_.find(key(name));
        return setting != nullptr && setting->text == choice;
    }
    void take_flag(std::string_view name, bool& value) const {
        if (const Setting* setting = settings_.find(key(name))) value = setting->number != 0;
    }

    void take_cluster(KafkaOptions& kafka);
    void take_format(EventFormat& format, std::string& registry);
    void take_topics(std::vector<std::string>& topics);
    std::map<std::string, std::string> take_options(DebeziumRole role);
    void take_default_name(std::string_view name, std::string& value, const std::string& default_name);

    const Settings& settings_;
    ErrorLines& errors_;
    std::string path_;
};

void KafkaReader::take_cluster(KafkaOptions& kafka) {
    take_checked("brokers", kafka.brokers, brokers_problem);
    const Setting* properties = settings_.find(key("properties"));
    if (properties == nullptr) return;
    for (const Setting::Entry& entry : properties->entries) kafka.properties[entry.name] = entry.text;
}

void KafkaReader::take_format(EventFormat& format, std::string& registry) {
    if (is("format", "avro")) format = EventFormat::Avro;
    take_checked("registry", registry, registry_problem);
    if (format == EventFormat::Avro && !settings_.has(key("registry"))) {
        errors_.add(settings_.line(key("format")), key("registry"),
                    "is missing, allowed: with format avro the http or https URL of the registry");
    }
    if (format == EventFormat::Json && settings_.has(key("registry"))) {
        errors_.add(settings_.line(key("registry")), key("registry"),
                    "stands there without format avro, allowed: with format: avro");
    }
}

void KafkaReader::take_topics(std::vector<std::string>& topics) {
    const Setting* setting = settings_.find(key("topics"));
    if (setting == nullptr) return;
    constexpr std::string_view allowed =
        "names, globs such as shop.public.*, or regular expressions that begin with ^";
    if (setting->entries.empty())
        errors_.add(setting->line, key("topics"), fmt::format("is empty, allowed: {}", allowed));
    for (const Setting::Entry& entry : setting->entries) {
        if (!TopicPatterns::parse({entry.text})) {
            errors_.add(entry.line, key("topics"),
                        fmt::format("{} can't be read as topics, allowed: {}", shown(entry.text), allowed));
        }
        topics.push_back(entry.text);
    }
}

std::map<std::string, std::string> KafkaReader::take_options(DebeziumRole role) {
    std::map<std::string, std::string> options;
    const Setting* setting = settings_.find(key("options"));
    if (setting == nullptr) return options;
    DebeziumSettings ignored;
    for (const Setting::Entry& entry : setting->entries) {
        if (const auto problem = take_debezium_setting(ignored, role, entry.name, entry.text))
            errors_.add(entry.line, fmt::format("{}.{}", key("options"), entry.name), *problem);
        options[entry.name] = entry.text;
    }
    return options;
}

void KafkaReader::take_default_name(std::string_view name, std::string& value,
                                    const std::string& default_name) {
    value = default_name;
    const auto problem_of = [&](const std::string& text) {
        return name == "slot" ? slot_name_problem(text) : identifier_problem(text);
    };
    take_checked(name, value, problem_of);
    if (settings_.has(key(name)) || !problem_of(value)) return;
    errors_.add(settings_.line(path_), key(name),
                fmt::format("is missing, and the pipeline's name is too long to stand in for it: {}",
                            *problem_of(value)));
}

KafkaSourceConfig KafkaReader::read_source(const std::string& pipeline) {
    KafkaSourceConfig source;
    take_cluster(source.kafka);
    source.group = std::string(object_prefix) + pipeline;
    take_checked("group", source.group, [](const std::string& group) {
        return group.empty() ? std::make_optional<std::string>("is empty, allowed: any text") : std::nullopt;
    });
    take_topics(source.topics);
    take_format(source.format, source.registry);
    take_flag("flattened", source.flattened);
    source.aligned = is("transactions", "aligned");
    if (is("ambiguous_null", "null")) source.ambiguous_null = AmbiguousNull::Null;
    if (is("ambiguous_null", "dead_letter")) source.ambiguous_null = AmbiguousNull::DeadLetter;
    source.options = take_options(DebeziumRole::Reader);
    return source;
}

KafkaPublishConfig KafkaReader::read_publish(const std::string& pipeline) {
    KafkaPublishConfig publish;
    take_cluster(publish.kafka);
    take_checked("topic_prefix", publish.topic_prefix, topic_prefix_problem);
    const std::string default_name = fmt::format("{}{}_publish", object_prefix, pipeline);
    take_default_name("slot", publish.slot, default_name);
    take_default_name("publication", publish.publication, default_name);
    publish.snapshot_initial = !is("snapshot", "never");
    publish.checkpoint_topic = publish.topic_prefix + ".walferry.checkpoint";
    take_checked("checkpoint_topic", publish.checkpoint_topic, topic_problem);
    take_checked("outbox_table", publish.outbox_table, table_name_problem);
    take_format(publish.format, publish.registry);
    take_flag("schemas_enable", publish.schemas_enable);
    take_flag("tombstones", publish.tombstones);
    take_flag("transaction_topic", publish.transaction_topic);
    if (const Setting* heartbeat = settings_.find(key("heartbeat")))
        publish.heartbeat = std::chrono::milliseconds(heartbeat->number);
    publish.exactly_once = !is("delivery", "at_least_once");
    publish.exact_values = is("fidelity", "exact");
    publish.options = take_options(DebeziumRole::Writer);
    return publish;
}

}  // namespace

KafkaSourceConfig read_kafka_source(const Settings& settings, ErrorLines& errors,
                                    const std::string& pipeline) {
    return KafkaReader(settings, errors, "source.kafka").read_source(pipeline);
}

KafkaPublishConfig read_kafka_publish(const Settings& settings, ErrorLines& errors,
                                      const std::string& pipeline) {
    return KafkaReader(settings, errors, "publish.kafka").read_publish(pipeline);
}

void check_kafka_sections(const Settings& settings, ErrorLines& errors) {
    const bool reads_kafka = settings.has("source.kafka");
    const bool publishes = settings.has("publish");
    const auto refuse = [&](const std::string& path, std::string_view problem) {
        if (settings.has(path)) errors.add(settings.line(path), path, problem);
    };
    if (reads_kafka) {
        refuse("publish", "publishes what a PostgreSQL source sends, allowed: with source.postgres");
        refuse("verify", "reads the source's rows, which Kafka does not have, allowed: with source.postgres");
    }
    if (settings.has("warehouse")) return;
    if (!publishes || reads_kafka) {
        errors.add(1, "warehouse",
                   reads_kafka
                       ? "is missing, allowed: a map with duckdb or postgres, which source.kafka needs"
                       : "is missing, allowed: a map with duckdb or postgres, or publish in its place");
    }
    for (const char* path : {"outbox", "lineage", "dead_letters", "verify", "http.sql_role"})
        refuse(path, "needs a warehouse, and there is none, allowed: with a section warehouse");
    for (std::size_t number = 0; number < settings.count("tables"); ++number)
        refuse(fmt::format("tables[{}].contract", number),
               "needs a warehouse, and there is none, allowed: with a section warehouse");
}

void check_topic_key(const Settings& settings, ErrorLines& errors, const std::string& path) {
    const Setting* topic = settings.find(path);
    if (topic == nullptr) return;
    if (const auto problem = topic_problem(topic->text)) errors.add(topic->line, path, *problem);
    if (settings.has("publish.kafka") || settings.has("source.kafka")) return;
    errors.add(topic->line, path, "has no brokers, allowed: with publish.kafka or source.kafka");
}

}  // namespace walferry
