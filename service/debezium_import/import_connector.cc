#include "service/debezium_import/import_connector.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/names.h"
#include "service/debezium_import/import_parts.h"

namespace walferry {
namespace {

using importing::Database;

Error unfit(std::string message) {
    return Error{ErrorKind::Configuration, std::move(message), {}, {}};
}

std::optional<Database> database_of(const std::string& connector) {
    if (connector.ends_with("postgresql.PostgresConnector")) return Database::Postgres;
    if (connector.ends_with("mysql.MySqlConnector") || connector.ends_with("mariadb.MariaDbConnector"))
        return Database::MySql;
    if (connector.ends_with("sqlserver.SqlServerConnector")) return Database::SqlServer;
    if (connector.ends_with("oracle.OracleConnector")) return Database::Oracle;
    return std::nullopt;
}

void import_to_warehouse(SettingLedger& ledger, ImportedConfig& config) {
    importing::take_postgres_server(ledger, config, config.postgres_source);
    importing::take_tables(ledger, config, "upsert");
    importing::take_columns(ledger, config);
    importing::take_transforms(ledger, config, false, false);
    const std::string key = "skipped.operations";
    const auto skipped = ledger.take_raw(key);
    for (const char operation : skipped.value_or("")) {
        if (operation != 't' && operation != 'd' && operation != 'c' && operation != 'u') continue;
        if (skipped == "none") break;
        if (operation == 'c' || operation == 'u') {
            ledger.no_counterpart(key, fmt::format("{}: inserts and updates are always applied", operation));
            continue;
        }
        for (ImportedRule& rule : config.rules)
            (operation == 't' ? rule.on_truncate : rule.on_delete) = "ignore";
    }
}

void import_publishing(SettingLedger& ledger, ImportedConfig& config, const ImportOptions& options) {
    config.needs_warehouse = false;
    importing::take_publish(ledger, config, options);
    importing::take_postgres_server(ledger, config, config.publish);
    importing::take_tables(ledger, config, "");
    importing::take_columns(ledger, config);
    importing::take_transforms(ledger, config, false, true);
}

void import_reading(SettingLedger& ledger, ImportedConfig& config, const ImportOptions& options,
                    Database database) {
    ImportedSection& kafka = config.kafka_source;
    importing::set_brokers(ledger, kafka, options);
    kafka.set_yaml("topics",
                   yaml_list(importing::take_topics(ledger, database, importing::prefix_of(ledger))));
    importing::take_converters(ledger, kafka);
    importing::account_for_schemas(ledger);
    importing::take_value_options(ledger, kafka, true);
    importing::take_transforms(ledger, config, true, false);
    config.rules.push_back({.match = "*", .mode = "upsert"});
}

}  // namespace

Result<ImportedConfig> import_connector(const ConnectorFile& file, const ImportOptions& options) {
    SettingLedger ledger(file.settings);
    ImportedConfig config;
    config.pipeline = pipeline_name_from(file.name);
    const std::string connector = ledger.take_raw("connector.class").value_or("");
    const bool is_sink =
        connector.ends_with("jdbc.JdbcSinkConnector") && connector.starts_with("io.debezium.");
    const auto database = database_of(connector);
    if (!is_sink && !database) {
        return unfit(
            fmt::format("connector.class {} is none that can be taken over, allowed: Debezium's for "
                        "PostgreSQL, MySQL, MariaDB, SQL Server and Oracle, and its JDBC sink",
                        connector));
    }
    ledger.needless("connector.class", "tells what to make of the file");
    if (is_sink) {
        if (options.publish) return unfit("a sink publishes nothing: leave --publish out");
        importing::take_jdbc_sink(ledger, config, options);
    } else if (options.from_kafka) {
        import_reading(ledger, config, options, *database);
    } else if (database != Database::Postgres) {
        return unfit(
            "walferry captures from PostgreSQL only: read the connector's topics, with --from-kafka");
    } else if (options.publish) {
        import_publishing(ledger, config, options);
    } else {
        import_to_warehouse(ledger, config);
    }
    using importing::Role;
    importing::account_for_rest(ledger, is_sink              ? Role::Sink
                                        : options.from_kafka ? Role::Reading
                                        : options.publish    ? Role::Publishing
                                                             : Role::Warehouse);
    for (const std::string& key : file.beside) ledger.needless(key, "says how the connector runs");
    config.findings = ledger.findings();
    return config;
}

}  // namespace walferry
