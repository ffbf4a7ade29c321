#include "config/config.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "config/alert_rules.h"
#include "config/connection.h"
#include "config/delivery_rules.h"
#include "config/error_lines.h"
#include "config/kafka_rules.h"
#include "config/listen_address.h"
#include "config/names.h"
#include "config/settings.h"
#include "config/table_rules.h"
#include "config/yaml_tree.h"

namespace walferry {
namespace {

/// Fills a Config from settings that have the right types already, and checks what the types do not say.
class ConfigReader {
 public:
    ConfigReader(const Settings& settings, ErrorLines& errors) : settings_(settings), errors_(errors) {}

    Config read(const std::string& file) {
        config_.file = file;
        read_pipeline();
        read_source();
        read_publish();
        read_warehouse();
        check_kafka_sections(settings_, errors_);
        config_.tables = read_table_rules(settings_, errors_);
        read_types();
        read_batch();
        read_outbox();
        read_lineage();
        read_verify();
        config_.alerts = read_alerts(settings_, errors_);
        read_http();
        take_text("log.level", config_.log.level);
        take_text("log.format", config_.log.format);
        return std::move(config_);
    }

 private:
    void read_pipeline();
    void read_source();
    void read_publish();
    void read_warehouse();
    void read_types();
    void read_batch();
    void read_outbox();
    void read_lineage();
    void read_verify();
    void read_http();

    /// Takes what the file says, if it does; then `check` may name a problem.
    template <class Check>
    void take_checked(const std::string& path, std::string& value, Check check) {
        const Setting* setting = settings_.find(path);
        if (setting == nullptr) return;
        value = setting->text;
        if (const std::optional<std::string> problem = check(value))
            errors_.add(setting->line, path, *problem);
    }
    void take_text(const std::string& path, std::string& value) {
        take_checked(path, value, [](const std::string&) { return std::optional<std::string>(); });
    }
    template <class Number>
    void take_number(const std::string& path, Number& value) {
        if (const Setting* setting = settings_.find(path)) value = static_cast<Number>(setting->number);
    }
    void take_duration(const std::string& path, std::chrono::milliseconds& value) {
        if (const Setting* setting = settings_.find(path)) value = std::chrono::milliseconds(setting->number);
    }

    const Settings& settings_;
    ErrorLines& errors_;
    Config config_;
};

void ConfigReader::read_pipeline() {
    take_checked("pipeline", config_.pipeline, pipeline_name_problem);
    if (settings_.has("pipeline")) return;
    config_.pipeline = std::filesystem::path(config_.file).stem().string();
    if (!pipeline_name_problem(config_.pipeline)) return;
    errors_.add(1, "pipeline",
                fmt::format("is missing, and the file's name cannot stand in for it: {}",
                            *pipeline_name_problem(config_.pipeline)));
}

void ConfigReader::read_source() {
    PostgresSourceConfig& source = config_.source;
    source.publication = std::string(object_prefix) + config_.pipeline;
    source.slot = source.publication;
    take_checked("source.postgres.connection", source.connection, connection_problem);
    take_checked("source.postgres.publication", source.publication, identifier_problem);
    take_checked("source.postgres.slot", source.slot, slot_name_problem);
    if (const Setting* snapshot = settings_.find("source.postgres.snapshot")) {
        source.snapshot_initial = snapshot->text == "initial";
    }
    take_number("source.postgres.copy_workers", source.copy_workers);
    if (settings_.has("source.kafka"))
        config_.kafka = read_kafka_source(settings_, errors_, config_.pipeline);
}

void ConfigReader::read_publish() {
    if (!settings_.has("publish.kafka")) return;
    config_.publish = read_kafka_publish(settings_, errors_, config_.pipeline);
    const std::string& slot = config_.publish->slot;
    if (!settings_.has("warehouse") || slot != config_.source.slot) return;
    errors_.add(settings_.line("publish.kafka.slot"), "publish.kafka.slot",
                fmt::format("{} is the warehouse's slot, allowed: another one", shown(slot)));
}

void ConfigReader::read_warehouse() {
    WarehouseConfig& warehouse = config_.warehouse;
    if (settings_.has("warehouse.duckdb")) {
        DuckDbConfig& duckdb = warehouse.duckdb.emplace();
        take_checked("warehouse.duckdb.path", duckdb.path, [](const std::string& path) {
            return path.empty() ? std::make_optional<std::string>("is empty, allowed: a file's path")
                                : std::nullopt;
        });
        take_text("warehouse.duckdb.memory_limit", duckdb.memory_limit);
        take_number("warehouse.duckdb.threads", duckdb.threads);
    }
    if (settings_.has("warehouse.postgres")) {
        take_checked("warehouse.postgres.connection", warehouse.postgres.emplace().connection,
                     connection_problem);
    }
    take_checked("warehouse.schema", warehouse.schema,
                 [](const std::string& schema) { return template_problem(schema, {"{schema}"}); });
    take_checked("warehouse.control_schema", warehouse.control_schema, identifier_problem);
    if (warehouse.schema == warehouse.control_schema) {
        errors_.add(settings_.line("warehouse.schema"), "warehouse.schema",
                    fmt::format("{} is the control schema, allowed: a schema without walferry's own tables",
                                shown(warehouse.schema)));
    }
}

void ConfigReader::read_types() {
    const Setting* types = settings_.find("types");
    if (types == nullptr) return;
    for (const Setting::Entry& entry : types->entries) {
        if (entry.text.empty())
            errors_.add(entry.line, "types." + entry.name, "is empty, allowed: an SQL type");
        config_.types[entry.name] = entry.text;
    }
}

void ConfigReader::read_batch() {
    take_number("batch.max_rows", config_.batch.rows_max);
    take_number("batch.max_bytes", config_.batch.bytes_max);
    take_duration("batch.max_delay", config_.batch.delay_max);
    if (const Setting* rate = settings_.find("dead_letters.max_rate"))
        config_.dead_letters.rate_max = static_cast<double>(rate->number) / 1e6;
    take_text("dead_letters.topic", config_.dead_letters.topic);
    check_topic_key(settings_, errors_, "dead_letters.topic");
}

void ConfigReader::read_outbox() {
    if (!settings_.has("outbox")) return;
    OutboxConfig& outbox = config_.outbox.emplace();
    take_checked("outbox.notify", outbox.notify, [this](const std::string& channel) {
        if (config_.warehouse.duckdb)
            return std::make_optional<std::string>(
                "needs a PostgreSQL warehouse, allowed: webhook, exec, kafka");
        return identifier_problem(channel);
    });
    take_checked("outbox.webhook", outbox.webhook, webhook_problem);
    take_checked("outbox.secret", outbox.secret, [this](const std::string& secret) {
        return secret_problem(secret, settings_.has("outbox.webhook"));
    });
    take_checked("outbox.exec", outbox.command, command_problem);
    take_text("outbox.kafka", outbox.kafka_topic);
    check_topic_key(settings_, errors_, "outbox.kafka");
    take_duration("outbox.timeout", outbox.time_max);
    take_duration("outbox.retention", outbox.retention);
    for (const char* way : {"outbox.notify", "outbox.webhook", "outbox.exec", "outbox.kafka"}) {
        if (settings_.has(way)) return;
    }
    errors_.add(settings_.line("outbox"), "outbox",
                "publishes nowhere, allowed: at least one of notify, webhook, exec, kafka");
}

void ConfigReader::read_lineage() {
    if (!settings_.has("lineage")) return;
    LineageConfig& lineage = config_.lineage.emplace();
    take_checked("lineage.url", lineage.url, webhook_problem);
    take_checked("lineage.api_key", lineage.api_key, header_problem);
    take_checked("lineage.namespace", lineage.job_namespace, name_problem);
    if (!config_.outbox) config_.outbox.emplace();
}

void ConfigReader::read_verify() {
    if (!settings_.has("verify")) return;
    VerifyConfig& verify = config_.verify.emplace();
    take_duration("verify.every", verify.every);
    take_number("verify.rate", verify.rows_per_second);
}

void ConfigReader::read_http() {
    HttpConfig& http = config_.http;
    take_text("http.token", http.token);
    take_duration("http.ready_max_lag", http.ready_lag_max);
    take_checked("http.sql_role", http.sql_role, [this](const std::string& role) {
        if (config_.warehouse.duckdb) return std::make_optional<std::string>("needs a PostgreSQL warehouse");
        return identifier_problem(role);
    });
    http.explicitly_set = settings_.has("http.listen");
    take_checked("http.listen", http.listen, [this](const std::string& listen) -> std::optional<std::string> {
        const std::optional<ListenAddress> address = parse_listen_address(listen);
        if (!address) {
            return fmt::format(
                "{} is no address, allowed: HOST:PORT or [IPV6]:PORT, with a port from 0 to 65535",
                shown(listen));
        }
        // A token that is there but wrong has its own line already.
        const bool has_token = settings_.has("http.token") && settings_.find("http.token") == nullptr;
        if (address->loopback || has_token || !config_.http.token.empty()) return std::nullopt;
        return fmt::format(
            "{} is reached from other machines and http.token is not set, allowed: a loopback address "
            "such as 127.0.0.1:8087, or any address with http.token",
            shown(listen));
    });
}

Error unreadable(const std::string& path, const std::string& reason) {
    return Error{ErrorKind::Configuration, fmt::format("{}: cannot be read: {}", path, reason), {}, {}};
}

}  // namespace

Result<Config> load_config(const std::string& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) return unreadable(path, std::strerror(EISDIR));
    std::ifstream file(path, std::ios::binary);
    if (!file) return unreadable(path, std::strerror(errno));
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (file.bad()) return unreadable(path, std::strerror(EIO));
    return parse_config(text, path);
}

Result<Config> parse_config(const std::string& text, const std::string& name_for_messages) {
    ErrorLines errors(name_for_messages);
    const std::shared_ptr<const YamlNode> root = read_yaml(text, errors);
    if (root != nullptr && root->kind != YamlNode::Kind::Map) {
        const bool is_empty = root->kind == YamlNode::Kind::Null;
        errors.add(root->line, "yaml",
                   fmt::format("{}, allowed: a map with at least source, warehouse and tables",
                               is_empty ? "the file is empty" : "the file is no map"));
    }
    if (!errors.empty()) return errors.error();
    const Settings settings = Settings::read(*root, errors);
    Config config = ConfigReader(settings, errors).read(name_for_messages);
    if (!errors.empty()) return errors.error();
    return config;
}

std::string_view to_string(TableMode mode) {
    switch (mode) {
        case TableMode::Upsert:
            return "upsert";
        case TableMode::Scd2:
            return "scd2";
        case TableMode::Append:
            return "append";
    }
    return {};
}

const TableRule* find_rule(const Config& config, const std::string& schema, const std::string& table) {
    const std::string name = schema + "." + table;
    for (const TableRule& rule : config.tables) {
        if (glob_matches(rule.match, name)) return &rule;
    }
    return nullptr;
}

}  // namespace walferry
