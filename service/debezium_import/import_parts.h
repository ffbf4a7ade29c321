#pragma once

#include <optional>
#include <string>
#include <vector>

#include "service/debezium_import/import_connector.h"

/// The parts of import_connector: each takes its settings from the ledger into the configuration.
namespace walferry::importing {

enum class Database { Postgres, MySql, SqlServer, Oracle };

/// source.postgres, with slot and publication below `section` (postgres_source, or publish).
void take_postgres_server(SettingLedger& ledger, ImportedConfig& config, ImportedSection& section);

/// Rules out of include and exclude lists.
void take_tables(SettingLedger& ledger, ImportedConfig& config, const std::string& mode);
/// Columns to leave out, mask or hash, and keys, onto the rules.
void take_columns(SettingLedger& ledger, ImportedConfig& config);

/// Topics of a source connector.
std::vector<std::string> take_topics(SettingLedger& ledger, Database database, const std::string& prefix);

/// brokers, format, registry; `converters` of a source or sink connector.
void set_brokers(SettingLedger& ledger, ImportedSection& section, const ImportOptions& options);
/// Whether JSON carries schemas; nothing for another format, or where the worker decides.
std::optional<bool> take_converters(SettingLedger& ledger, ImportedSection& section);
/// Of a reader, to whom each record tells whether it has a schema.
void account_for_schemas(SettingLedger& ledger);
void take_value_options(SettingLedger& ledger, ImportedSection& section, bool reads);
/// Transformations: `reads` is a source.kafka, `publishes` a publish.kafka; with neither, a warehouse.
void take_transforms(SettingLedger& ledger, ImportedConfig& config, bool reads, bool publishes);
/// producer.override.… or consumer.override.…
void take_overrides(SettingLedger& ledger, ImportedSection& section, const std::string& start);

void take_publish(SettingLedger& ledger, ImportedConfig& config, const ImportOptions& options);
void take_jdbc_sink(SettingLedger& ledger, ImportedConfig& config, const ImportOptions& options);

/// What a connector's configuration is made into; a sink's always into its own.
enum class Role { Warehouse, Publishing, Reading, Sink };
/// What is left: needless, or without counterpart.
void account_for_rest(SettingLedger& ledger, Role role);

std::string prefix_of(SettingLedger& ledger);
bool is_true(const std::optional<std::string>& value);
std::string lower_case(std::string text);
/// A value of libpq's keyword=value pairs.
std::string conninfo_value(const std::string& text);

}  // namespace walferry::importing
