#include <fmt/format.h>

#include <regex>

#include "kafka/topic_patterns.h"
#include "service/debezium_import/import_parts.h"
#include "service/debezium_import/table_globs.h"

namespace walferry::importing {
namespace {

std::vector<std::string> topics_of_sink(SettingLedger& ledger) {
    if (const auto list = ledger.take("topics")) return split_regex_list(*list);
    const auto regex = ledger.take("topics.regex");
    std::string whole = "^(" + regex.value_or("") + ")$";
    for (std::size_t at = whole.find("(?:"); at != std::string::npos; at = whole.find("(?:", at))
        whole.erase(at + 1, 2);
    const bool java_only = std::regex_search(whole, std::regex(R"(\\[A-Za-z0-9]|\(\?|[*+?}][+?])"));
    if (regex && !java_only && TopicPatterns::parse({whole})) return {whole};
    if (regex) ledger.no_counterpart("topics.regex", "can't be read as a POSIX regular expression");
    return {"FILL_IN"};
}

/// `a:1,b:2` as libpq has it.
std::string libpq_hosts(const std::string& text) {
    std::string hosts, ports;
    for (std::string host : split_regex_list(text)) {
        const std::size_t colon = host.rfind(':');
        const bool has_port = colon != std::string::npos && host.find(']', colon) == std::string::npos;
        ports += (ports.empty() ? "" : ",") + (has_port ? host.substr(colon + 1) : "5432");
        if (has_port) host.resize(colon);
        if (host.starts_with("[") && host.ends_with("]")) host = host.substr(1, host.size() - 2);
        hosts += (hosts.empty() ? "" : ",") + host;
    }
    return "host=" + conninfo_value(hosts) + " port=" + conninfo_value(ports);
}

/// The connection of a jdbc:postgresql URL, else a placeholder in its place.
void take_connection(SettingLedger& ledger, ImportedConfig& config) {
    const auto url = ledger.take("connection.url").value_or("");
    static const std::regex form(R"(^jdbc:postgresql://([^/?@]+)/([^?]*)(?:\?(.*))?$)");
    std::smatch found;
    if (!std::regex_match(url, found, form)) {
        ledger.no_counterpart("connection.url",
                              "names no PostgreSQL server: a DuckDB file is written in its place");
        for (const char* key : {"connection.username", "connection.password"}) {
            if (ledger.has(key)) ledger.no_counterpart(key, "belongs to connection.url");
        }
        return;
    }
    std::string connection = libpq_hosts(found[1].str());
    connection += " dbname=" + conninfo_value(found[2].str());
    if (found[3].length() != 0)
        ledger.no_counterpart("connection.url", "parameters behind ? are not taken over");
    if (const auto user = ledger.take("connection.username")) connection += " user=" + conninfo_value(*user);
    if (const auto password = ledger.take_secret("connection.password", "WALFERRY_WAREHOUSE_PASSWORD"))
        connection += " password='" + *password + "'";
    config.postgres_warehouse.set("connection", connection);
}

/// The sink's names of tables as a template of ours; `prefix` is what all topics begin with, or empty.
std::string table_template(SettingLedger& ledger, const std::string& prefix) {
    const std::string key = ledger.has("table.name.format") ? "table.name.format" : "collection.name.format";
    std::string name = ledger.take_raw(key).value_or("${topic}");
    const auto replace = [&name](const std::string& from, const std::string& to) {
        for (std::size_t at = name.find(from); at != std::string::npos; at = name.find(from, at + to.size()))
            name.replace(at, from.size(), to);
    };
    replace("${source.table}", "{table}");
    replace("${source.schema}", "{schema}");
    if (!prefix.empty()) replace("${topic}", prefix + "_{schema}_{table}");
    if (name.find('$') == std::string::npos && name.find('.') == std::string::npos) return name;
    ledger.no_counterpart(key,
                          "the sink's names of tables can't be said here; target tables have the source's");
    return {};
}

/// What all topics of the form PREFIX.SCHEMA.TABLE begin with.
std::string common_prefix(const std::vector<std::string>& topics) {
    std::string prefix;
    for (const std::string& topic : topics) {
        const std::size_t first = topic.find('.');
        if (first == std::string::npos || topic.find_first_of("^*?[\\(") != std::string::npos) return {};
        const bool three = topic.find('.', first + 1) == topic.rfind('.') && topic.rfind('.') != first;
        if (!three || (!prefix.empty() && prefix != topic.substr(0, first))) return {};
        prefix = topic.substr(0, first);
    }
    return prefix;
}

void take_mode(SettingLedger& ledger, ImportedRule& rule) {
    const std::string mode = lower_case(ledger.take_raw("insert.mode").value_or("insert"));
    rule.mode = mode == "insert" ? "append" : "upsert";
    if (mode == "insert") {
        ledger.changed("insert.mode",
                       "is insert: mode append, which has columns of its own beside the rows'");
    } else if (mode == "update") {
        ledger.changed("insert.mode", "update becomes upsert: rows that are not there are inserted");
    }
    const bool deletes = is_true(ledger.take_raw("delete.enabled"));
    const bool truncates = is_true(ledger.take_raw("truncate.enabled"));
    if (rule.mode == "append") {
        for (const char* key : {"delete.enabled", "truncate.enabled"}) {
            if (ledger.has(key)) ledger.needless(key, "a change log has deletes and truncates as rows");
        }
        return;
    }
    rule.on_delete = deletes ? "hard" : "ignore";
    rule.on_truncate = truncates ? "apply" : "ignore";
}

void take_key(SettingLedger& ledger, ImportedRule& rule) {
    const std::string mode = lower_case(ledger.take_raw("primary.key.mode").value_or("none"));
    const auto fields = split_regex_list(ledger.take("primary.key.fields").value_or(""));
    if (mode == "record_value" || mode == "record_key") {
        rule.key = fields;
        if (ledger.has("primary.key.mode"))
            ledger.changed("primary.key.mode",
                           "the record's key is the key; primary.key.fields where it has none");
        return;
    }
    if (!fields.empty()) ledger.no_counterpart("primary.key.fields", fmt::format("with {}", mode));
    const bool appends = rule.mode == "append";
    if (mode == "kafka" && appends) {
        ledger.needless("primary.key.mode", "a change log has topic, partition and offset");
    } else if (!appends || mode == "record_header") {
        ledger.no_counterpart("primary.key.mode", fmt::format("{}: the record's key is the key", mode));
    }
}

}  // namespace

void take_jdbc_sink(SettingLedger& ledger, ImportedConfig& config, const ImportOptions& options) {
    ImportedSection& kafka = config.kafka_source;
    set_brokers(ledger, kafka, options);
    const auto topics = topics_of_sink(ledger);
    kafka.set_yaml("topics", yaml_list(topics));
    if (const auto group = ledger.take("consumer.override.group.id")) kafka.set("group", *group);
    take_converters(ledger, kafka);
    account_for_schemas(ledger);
    if (ledger.has("transforms")) {
        const std::string list = ledger.take_raw("transforms").value_or("");
        for (const std::string& name : split_regex_list(list)) {
            const std::string key = "transforms." + name + ".type";
            const std::string type = ledger.take_raw(key).value_or("");
            if (type.ends_with("ExtractNewRecordState")) {
                ledger.needless(key, "events in the topics are whole, and read so");
            } else {
                ledger.no_counterpart(key, fmt::format("no transformations: {}", type));
            }
        }
    }
    take_overrides(ledger, kafka, "consumer.override.");
    take_connection(ledger, config);
    ImportedRule rule{.match = "*"};
    take_mode(ledger, rule);
    take_key(ledger, rule);
    rule.table = table_template(ledger, common_prefix(topics));
    if (!config.postgres_warehouse.empty()) config.warehouse_schema = "public";
    config.rules.push_back(std::move(rule));
    if (const auto topic = ledger.take("errors.deadletterqueue.topic.name")) {
        if (!topic->empty()) config.dead_letter_topic = *topic;
    }
}

}  // namespace walferry::importing
