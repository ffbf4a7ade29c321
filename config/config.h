#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/alert_config.h"
#include "config/column_rules.h"
#include "config/contract_config.h"
#include "config/kafka_config.h"
#include "config/verify_config.h"
#include "model/error.h"

/// walferry's configuration as plain structs with visible defaults. `load_config` fills them and validates
/// all of it.
namespace walferry {

struct PostgresSourceConfig {
    std::string connection;
    std::string publication;       ///< default walferry_<pipeline>
    std::string slot;              ///< default walferry_<pipeline>
    bool snapshot_initial = true;  ///< `snapshot: initial | never`
    int copy_workers = 2;
};

struct DuckDbConfig {
    std::string path;
    std::string memory_limit = "512MiB";
    int threads = 2;
};

struct PostgresWarehouseConfig {
    std::string connection;
};

struct WarehouseConfig {
    std::optional<DuckDbConfig> duckdb;
    std::optional<PostgresWarehouseConfig> postgres;
    std::string schema = "{schema}";  ///< {schema} stands for the source's schema
    std::string control_schema = "walferry";
};

enum class TableMode { Upsert, Scd2, Append };

std::string_view to_string(TableMode mode);

/// Names of the columns that a history table has beside the source's.
struct HistoryNames {
    std::string valid_from = "valid_from";
    std::string valid_to = "valid_to";
    std::string is_current = "is_current";
};

struct TargetConfig {
    TableMode mode = TableMode::Upsert;
    std::string table;                  ///< template: {table}, {schema}; default by mode
    std::vector<std::string> track;     ///< scd2: columns that begin a version; empty means all
    HistoryNames names;                 ///< scd2
    bool valid_from_beginning = false;  ///< scd2: first versions begin at -infinity
};

enum class OnDelete { Hard, Soft, Ignore };
/// What a column that the source drops becomes in the targets.
enum class OnDrop { Keep, Drop };
/// What a change at the source that rewrites rows without events leads to.
enum class OnRewrite { Resync, Stop };

struct TableRule {
    std::string match;                  ///< glob on the raw schema.table
    std::vector<TargetConfig> targets;  ///< may be empty without a warehouse
    std::vector<std::string> key;
    std::map<std::string, std::string> rename_columns;
    std::map<std::string, std::string> types;  ///< column → SQL type
    ColumnRules columns;
    ContractConfig contract;
    bool metadata = true;
    OnDelete on_delete = OnDelete::Hard;  ///< of upsert targets
    bool applies_truncate = true;         ///< of upsert targets
    OnDrop on_drop = OnDrop::Keep;
    OnRewrite on_rewrite = OnRewrite::Resync;
    int line = 0;  ///< in the file, for messages
};

struct BatchConfig {
    std::uint64_t rows_max = 100'000;
    std::uint64_t bytes_max = 64ull << 20;
    std::chrono::milliseconds delay_max{0};
};

struct DeadLettersConfig {
    double rate_max = 0.05;  ///< of the last 10,000 events, before the pipeline stops; 1: never
    /// Letters are copied to it, too, by the brokers of `publish` or `kafka`; empty: to none.
    std::string topic;
};

/// Of the four ways to publish a row at least one is not empty.
struct OutboxConfig {
    std::string notify;   ///< a channel of the PostgreSQL warehouse
    std::string webhook;  ///< a URL that parse_webhook_url takes
    std::string secret;   ///< empty: the webhook is not signed
    std::string command;  ///< `exec`
    /// `kafka`: a topic, by the brokers and properties of `publish` or `kafka`, one of which there is then.
    std::string kafka_topic;
    std::chrono::milliseconds time_max{30'000};
    std::chrono::milliseconds retention = std::chrono::hours(7 * 24);
};

/// OpenLineage: published like the outbox's rows, and out of them.
struct LineageConfig {
    std::string url;      ///< one that parse_webhook_url takes
    std::string api_key;  ///< empty: none
    std::string job_namespace = "walferry";
};

struct HttpConfig {
    std::string listen = "127.0.0.1:8087";
    bool explicitly_set = false;
    std::string token;
    std::chrono::milliseconds ready_lag_max{60'000};
    std::string sql_role;  ///< of a PostgreSQL warehouse; empty: that of its connection
};

struct LogConfig {
    std::string level = "info";
    std::string format = "text";
};

struct Config {
    std::string file;
    std::string pipeline;
    PostgresSourceConfig source;  ///< without connection where `kafka` is the source
    std::optional<KafkaSourceConfig> kafka;
    std::optional<KafkaPublishConfig> publish;
    WarehouseConfig warehouse;  ///< neither duckdb nor postgres: changes are only published, by `publish`
    std::vector<TableRule> tables;
    std::map<std::string, std::string> types;  ///< source type name (numeric, arrays …) → SQL type
    BatchConfig batch;
    DeadLettersConfig dead_letters;
    std::optional<OutboxConfig> outbox;  ///< with `lineage` there always is one
    std::optional<LineageConfig> lineage;
    std::optional<VerifyConfig> verify;
    std::vector<AlertConfig> alerts;
    HttpConfig http;
    LogConfig log;
};

/// Reads, expands ${ENV}, and validates. An error of kind Configuration has as its message one line, or
/// several: `FILE:LINE: key: what is wrong, what is allowed`. Creates nothing anywhere.
Result<Config> load_config(const std::string& path);
Result<Config> parse_config(const std::string& text, const std::string& name_for_messages);

/// The first rule that matches the raw `schema.table`; null when none does.
const TableRule* find_rule(const Config& config, const std::string& schema, const std::string& table);

/// Glob over the whole text: * any run, ? one character, [abc] and [a-z] sets, \ quotes.
bool glob_matches(const std::string& glob, const std::string& text);

/// JSON schema (draft 2020-12) of the configuration, from the same table of keys that the loader uses.
std::string config_json_schema();

}  // namespace walferry
