#include "config/keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/alert_keys.h"
#include "config/contract_keys.h"
#include "config/kafka_keys.h"
#include "config/outbox_keys.h"
#include "config/quantity.h"
#include "config/table_keys.h"
#include "config/verify_keys.h"
#include "model/edit_distance.h"

namespace walferry {
namespace {

constexpr auto later_version = Availability::Later;

Key later(std::string_view path) {
    return {.path = path, .availability = later_version};
}

std::vector<Key> source_keys() {
    return {
        {.path = "pipeline",
         .type = KeyType::Text,
         .description =
             "Name of the pipeline: 1 to 54 of a-z, 0-9 and _. Names its slot, publication and control rows. "
             "Default: the file's name without its extension"},
        {.path = "source",
         .type = KeyType::Section,
         .description = "Where changes come from",
         .required = true,
         .one_of = {"postgres", "kafka"}},
        {.path = "source.postgres",
         .type = KeyType::Section,
         .description = "A PostgreSQL server, by logical replication"},
        {.path = "source.postgres.connection",
         .type = KeyType::Connection,
         .description = "How to reach it: a libpq URL or key=value pairs",
         .required = true},
        {.path = "source.postgres.publication",
         .type = KeyType::Text,
         .description =
             "Publication, created for the matched tables when absent. Default: walferry_<pipeline>"},
        {.path = "source.postgres.slot",
         .type = KeyType::Text,
         .description =
             "Replication slot, created when absent and no checkpoint exists. Default: walferry_<pipeline>"},
        {.path = "source.postgres.snapshot",
         .type = KeyType::Choice,
         .description = "Whether rows that exist already are copied first",
         .default_text = "initial",
         .choices = {{"initial"}, {"never"}}},
        {.path = "source.postgres.copy_workers",
         .type = KeyType::Integer,
         .description = "Parts of tables that are copied at the same time, each over a connection of its own",
         .default_text = "2",
         .least = 1,
         .most = 64},
    };
}

std::vector<Key> warehouse_keys() {
    return {
        {.path = "warehouse",
         .type = KeyType::Section,
         .description = "Where tables are kept equal to the source; required without publish",
         .one_of = {"duckdb", "postgres"}},
        {.path = "warehouse.duckdb", .type = KeyType::Section, .description = "A DuckDB file"},
        {.path = "warehouse.duckdb.path",
         .type = KeyType::Text,
         .description = "The file, created when absent",
         .required = true},
        {.path = "warehouse.duckdb.memory_limit",
         .type = KeyType::Bytes,
         .description = "Memory that DuckDB may use",
         .default_text = "512MiB",
         .least = 16ll << 20},
        {.path = "warehouse.duckdb.threads",
         .type = KeyType::Integer,
         .description = "Threads that DuckDB may use",
         .default_text = "2",
         .least = 1,
         .most = 1024},
        {.path = "warehouse.postgres", .type = KeyType::Section, .description = "A PostgreSQL database"},
        {.path = "warehouse.postgres.connection",
         .type = KeyType::Connection,
         .description = "How to reach it: a libpq URL or key=value pairs",
         .required = true},
        {.path = "warehouse.schema",
         .type = KeyType::Text,
         .description =
             "Schema of the target tables, created when absent; {schema} stands for the source's schema",
         .default_text = "\"{schema}\""},
        {.path = "warehouse.control_schema",
         .type = KeyType::Text,
         .description = "Schema of walferry's own tables",
         .default_text = "walferry"},
    };
}

std::vector<Key> service_keys() {
    return {
        {.path = "types",
         .type = KeyType::TextMap,
         .description = "SQL types in the warehouse by type of the source"},
        {.path = "batch",
         .type = KeyType::Section,
         .description = "How much is committed to the warehouse at once"},
        {.path = "batch.max_rows",
         .type = KeyType::Integer,
         .description = "Changes in a batch; it ends at the first commit of the source from there on",
         .default_text = "100000",
         .least = 1,
         .most = 100'000'000},
        {.path = "batch.max_bytes",
         .type = KeyType::Bytes,
         .description = "Size of a batch in memory",
         .default_text = "64MiB",
         .least = 1ll << 10,
         .most = 64ll << 30},
        {.path = "batch.max_delay",
         .type = KeyType::Duration,
         .description = "How long a batch waits for more changes; 0ms applies at once what is there",
         .default_text = "0ms",
         .least = 0,
         .most = hour_ms},
        {.path = "http", .type = KeyType::Section, .description = "Metrics, health and the API"},
        {.path = "http.listen",
         .type = KeyType::Text,
         .description = "HOST:PORT to listen on; off loopback only with a token",
         .default_text = "127.0.0.1:8087"},
        {.path = "http.token", .type = KeyType::Text, .description = "Bearer token that the API asks for"},
        {.path = "http.ready_max_lag",
         .type = KeyType::Duration,
         .description = "/readyz says ready while the lag is below this",
         .default_text = "60s",
         .least = 1,
         .most = 365 * day_ms},
        {.path = "http.sql_role",
         .type = KeyType::Text,
         .description = "Role of a PostgreSQL warehouse that queries over HTTP log in as"},
        {.path = "log", .type = KeyType::Section, .description = "Messages on stderr"},
        {.path = "log.level",
         .type = KeyType::Choice,
         .description = "The least important messages that are written",
         .default_text = "info",
         .choices = {{"trace"}, {"debug"}, {"info"}, {"warn"}, {"error"}}},
        {.path = "log.format",
         .type = KeyType::Choice,
         .description = "Lines for people, or one JSON object a line",
         .default_text = "text",
         .choices = {{"text"}, {"json"}}},
        {.path = "dead_letters",
         .type = KeyType::Section,
         .description = "Events that the warehouse refuses, kept aside"},
        {.path = "dead_letters.max_rate",
         .type = KeyType::Fraction,
         .description =
             "Share of the last 10,000 events that may become dead letters; with more the pipeline stops, "
             "though never before 1,000 were seen. 1 never stops",
         .default_text = "0.05",
         .least = 0,
         .most = 1'000'000},
        {.path = "dead_letters.topic",
         .type = KeyType::Text,
         .description = "Kafka topic that dead letters are copied to as well, by the brokers and properties "
                        "of publish.kafka or source.kafka"},
        later("contracts"),
    };
}

std::vector<Key> all_keys() {
    std::vector<Key> all;
    for (auto part :
         {source_keys(), kafka_source_keys(), warehouse_keys(), table_keys(), contract_keys(), target_keys(),
          service_keys(), kafka_publish_keys(), outbox_keys(), verify_keys(), alert_keys()}) {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

/// The path of the key or item that a key stands below; empty at the top.
std::string_view parent_of(std::string_view path) {
    if (path.ends_with("[]")) return path.substr(0, path.size() - 2);
    const std::size_t dot = path.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

std::string number_range(const Key& key, std::string (*text)(std::int64_t)) {
    if (key.most == std::numeric_limits<std::int64_t>::max()) return fmt::format("from {}", text(key.least));
    return fmt::format("from {} to {}", text(key.least), text(key.most));
}

}  // namespace

std::string_view Key::name() const {
    return path.substr(path.rfind('.') + 1);
}

const std::vector<Key>& configuration_keys() {
    static const std::vector<Key> keys = all_keys();
    return keys;
}

const Key* find_key(std::string_view path) {
    for (const Key& key : configuration_keys()) {
        if (key.path == path) return &key;
    }
    return nullptr;
}

std::vector<const Key*> keys_below(std::string_view path) {
    std::vector<const Key*> below;
    for (const Key& key : configuration_keys()) {
        const bool is_item = key.path.ends_with("[]") || key.path.ends_with(".*");
        if (!is_item && parent_of(key.path) == path) below.push_back(&key);
    }
    return below;
}

std::string nearest_key(std::string_view section, std::string_view unknown) {
    const std::string_view start = unknown.substr(0, 64);
    const Key* nearest = nullptr;
    std::size_t nearest_distance = 0;
    for (const Key* key : keys_below(section)) {
        std::size_t distance = edit_distance(start, key->name());
        const bool shortened = !start.empty() && key->name().starts_with(std::string(start) + "_");
        if (shortened) distance = std::min<std::size_t>(distance, 2);
        if (nearest == nullptr || distance < nearest_distance) {
            nearest = key;
            nearest_distance = distance;
        }
    }
    const bool close = nearest != nullptr && nearest_distance <= std::max<std::size_t>(2, start.size() / 3);
    if (!close) {
        for (const Key& key : configuration_keys()) {
            if (key.name() == unknown) return std::string(key.path);
        }
    }
    return nearest == nullptr ? std::string() : std::string(nearest->name());
}

std::string allowed_values(const Key& key) {
    switch (key.type) {
        case KeyType::Section:
        case KeyType::SectionList:
        case KeyType::SectionMap: {
            std::string names;
            const bool is_list = key.type == KeyType::SectionList;
            const bool is_map = key.type == KeyType::SectionMap;
            for (const Key* below : keys_below(std::string(key.path) + (is_list  ? "[]"
                                                                        : is_map ? ".*"
                                                                                 : ""))) {
                if (!below->available()) continue;
                names += names.empty() ? "" : ", ";
                names += below->name();
            }
            return fmt::format("a {} {}",
                               is_list  ? "list of maps with the keys"
                               : is_map ? "map of names to maps with the keys"
                                        : "map with the keys",
                               names);
        }
        case KeyType::Text:
            return "text";
        case KeyType::Choice: {
            std::string values;
            for (const KeyChoice& choice : key.choices) {
                if (choice.availability == later_version) continue;
                values += values.empty() ? "" : ", ";
                values += choice.value;
            }
            return values;
        }
        case KeyType::Integer:
            return "a whole number " +
                   number_range(key, [](std::int64_t number) { return fmt::to_string(number); });
        case KeyType::Bytes:
            return fmt::format("a size such as 64MiB, {}", number_range(key, bytes_text));
        case KeyType::Fraction:
            return fmt::format("a number {}", number_range(key, fraction_text));
        case KeyType::Duration:
            return fmt::format("a duration such as 500ms, 60s or 24h, {}", number_range(key, duration_text));
        case KeyType::Boolean:
            return "true, false";
        case KeyType::Connection:
            return "postgresql://user@host:port/database or key=value pairs, as libpq takes them";
        case KeyType::TextList:
            return "a list of text, such as [a, b]";
        case KeyType::TextMap:
            return "a map of text to text, such as { a: b }";
        case KeyType::Range:
            return "[low, high], with null for a side that is open";
    }
    return {};
}

}  // namespace walferry
