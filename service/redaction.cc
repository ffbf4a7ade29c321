#include "service/redaction.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "config/connection.h"
#include "config/keys.h"
#include "config/yaml_tree.h"
#include "service/yaml_text.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* hidden = "***";
constexpr std::size_t secret_bytes_min = 4;

constexpr std::array<std::string_view, 16> harmless_keywords = {"host",
                                                                "hostaddr",
                                                                "port",
                                                                "dbname",
                                                                "user",
                                                                "service",
                                                                "sslmode",
                                                                "sslrootcert",
                                                                "gssencmode",
                                                                "channel_binding",
                                                                "target_session_attrs",
                                                                "application_name",
                                                                "connect_timeout",
                                                                "keepalives",
                                                                "options",
                                                                "client_encoding"};

/// Keys of type Text that say where things are and what they are called.
const std::set<std::string_view> harmless_keys = {"pipeline",
                                                  "source.postgres.publication",
                                                  "source.postgres.slot",
                                                  "warehouse.schema",
                                                  "warehouse.control_schema",
                                                  "warehouse.duckdb.path",
                                                  "source.kafka.brokers",
                                                  "source.kafka.group",
                                                  "source.kafka.topics",
                                                  "source.kafka.options",
                                                  "publish.kafka.brokers",
                                                  "publish.kafka.topic_prefix",
                                                  "publish.kafka.slot",
                                                  "publish.kafka.publication",
                                                  "publish.kafka.checkpoint_topic",
                                                  "publish.kafka.outbox_table",
                                                  "publish.kafka.options",
                                                  "dead_letters.topic",
                                                  "outbox.notify",
                                                  "outbox.kafka",
                                                  "http.listen"};

/// The variables of a value by their names alone, for defaults can be secrets; *** for all else.
std::string hide(const std::string& text) {
    static const std::regex variable(R"(\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\})");
    std::string names;
    std::string rest = text;
    std::smatch found;
    bool more = false;
    while (std::regex_search(rest, found, variable)) {
        more = more || found.position(0) > 0 || found[2].matched;
        names += "${" + found[1].str() + "}";
        rest = found.suffix();
    }
    more = more || !rest.empty();
    return names + (more ? hidden : "");
}

bool is_harmless(std::string_view keyword) {
    return std::find(harmless_keywords.begin(), harmless_keywords.end(), keyword) != harmless_keywords.end();
}

/// scheme://host:port of a URL; the rest can hold secrets, the path too.
std::string redacted_url(const std::string& url) {
    static const std::regex start(R"(^(https?://)(?:[^/@?#]*@)?([A-Za-z0-9.:\[\]-]+))");
    std::smatch found;
    if (url.find("${") != std::string::npos || !std::regex_search(url, found, start)) return hide(url);
    return found[1].str() + found[2].str() + "/" + hidden;
}

std::string redacted_value(const std::string& path, const std::string& text) {
    const Key* const key = find_key(path);
    if (key == nullptr) return hide(text);
    switch (key->type) {
        case KeyType::Connection:
            return redacted_connection(text);
        case KeyType::Text:
        case KeyType::TextList:
        case KeyType::TextMap:
            break;
        default:
            return text.find("${") == std::string::npos ? text : hide(text);
    }
    if (path == "outbox.webhook" || path == "lineage.url" || path.ends_with(".kafka.registry"))
        return redacted_url(text);
    if (harmless_keys.count(path) != 0 || path.starts_with("tables") || path.starts_with("types"))
        return text.find("${") == std::string::npos ? text : hide(text);
    return hide(text);
}

Json redacted(const YamlNode& node, const std::string& path) {
    if (node.kind == YamlNode::Kind::Null) return {};
    if (node.kind == YamlNode::Kind::Scalar) return redacted_value(path, node.text);
    if (node.kind == YamlNode::Kind::Sequence) {
        Json items = Json::array();
        const bool sections = find_key(path) == nullptr || find_key(path)->type == KeyType::SectionList;
        for (const auto& item : node.items) items.push_back(redacted(*item, path + (sections ? "[]" : "")));
        return items;
    }
    Json json = Json::object();
    const Key* const key = find_key(path);
    for (const YamlEntry& entry : node.entries) {
        std::string below = path + (path.empty() ? "" : ".") + entry.key;
        if (key != nullptr && key->type == KeyType::SectionMap) below = path + ".*";
        if (key != nullptr && key->type == KeyType::TextMap) below = path;
        json[entry.key] = redacted(*entry.value, below);
    }
    return json;
}

/// Values of librdkafka's properties are short words and numbers mostly, which must stay readable elsewhere;
/// those with such names are secrets.
bool names_a_secret(std::string_view property) {
    for (const std::string_view part : {"password", "secret", "oauthbearer.config", "key.pem", "token"}) {
        if (property.find(part) != std::string_view::npos) return true;
    }
    return false;
}

void add_kafka_secrets(const KafkaOptions& kafka, const std::string& registry,
                       std::vector<std::string>& secrets) {
    for (const auto& [name, value] : kafka.properties) {
        if (names_a_secret(name)) secrets.push_back(value);
    }
    static const std::regex user(R"(^https?://([^/?#]*)@)");
    std::smatch found;
    if (!std::regex_search(registry, found, user)) return;
    const std::string login = found[1].str();
    secrets.push_back(login);
    const std::size_t colon = login.find(':');
    if (colon != std::string::npos) secrets.push_back(login.substr(colon + 1));
}

}  // namespace

std::string redacted_connection(const std::string& connection) {
    const auto settings = connection_settings(connection);
    if (settings.empty()) return hide(connection);
    std::string text;
    for (const auto& [keyword, value] : settings) {
        const bool shown = is_harmless(keyword) && value.find("${") == std::string::npos;
        text += (text.empty() ? "" : " ") + keyword + "=" + (shown ? value : hide(value));
    }
    return text;
}

Result<std::string> redacted_configuration(const std::string& text) {
    ErrorLines errors("configuration");
    const auto tree = read_yaml(text, errors);
    if (tree == nullptr) return Error{ErrorKind::Configuration, "the configuration is no YAML", "", ""};
    return yaml_text(redacted(*tree, ""));
}

std::vector<std::string> secrets_of(const Config& config) {
    std::vector<std::string> secrets{config.http.token};
    const auto add_connection = [&](const std::string& connection) {
        for (const auto& [keyword, value] : connection_settings(connection)) {
            if (!is_harmless(keyword)) secrets.push_back(value);
        }
    };
    const auto add_delivery = [&](const std::string& webhook, const std::string& secret,
                                  const std::string& command) {
        secrets.insert(secrets.end(), {secret, command, webhook});
        const std::size_t path = webhook.find('/', webhook.find("//") + 2);
        if (path != std::string::npos) secrets.push_back(webhook.substr(path));
    };
    add_connection(config.source.connection);
    if (config.warehouse.postgres) add_connection(config.warehouse.postgres->connection);
    if (config.kafka) add_kafka_secrets(config.kafka->kafka, config.kafka->registry, secrets);
    if (config.publish) add_kafka_secrets(config.publish->kafka, config.publish->registry, secrets);
    if (config.outbox) add_delivery(config.outbox->webhook, config.outbox->secret, config.outbox->command);
    if (config.lineage) add_delivery(config.lineage->url, config.lineage->api_key, "");
    for (const AlertConfig& alert : config.alerts) add_delivery(alert.webhook, alert.secret, alert.command);
    for (const TableRule& rule : config.tables) secrets.push_back(rule.columns.hash_key);
    if (const char* const password = std::getenv("PGPASSWORD")) secrets.emplace_back(password);
    std::erase_if(secrets, [](const std::string& secret) { return secret.size() < secret_bytes_min; });
    // The longest first: one can be a part of another.
    std::sort(secrets.begin(), secrets.end(),
              [](const std::string& one, const std::string& other) { return one.size() > other.size(); });
    return secrets;
}

std::string without(std::string text, const std::vector<std::string>& secrets) {
    for (const std::string& secret : secrets) {
        for (auto at = text.find(secret); at != std::string::npos;
             at = text.find(secret, at + std::string_view(hidden).size()))
            text.replace(at, secret.size(), hidden);
    }
    return text;
}

}  // namespace walferry
