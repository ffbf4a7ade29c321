#include "service/debezium_import/import_connector.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "config/config.h"
#include "tests/support/catch.h"

using namespace walferry;

namespace {

const std::string folder = CONNECTORS;

ConnectorFile connector(const std::string& name) {
    std::ifstream file(folder + "/" + name);
    REQUIRE(file);
    auto read = read_connector_file({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
    INFO((read ? std::string() : describe(read.error())));
    REQUIRE(read.has_value());
    return read.value();
}

ImportedConfig imported(const std::string& name, const ImportOptions& options = {}) {
    auto config = import_connector(connector(name), options);
    INFO((config ? std::string() : describe(config.error())));
    REQUIRE(config.has_value());
    return config.value();
}

/// Loads what was made; the variables that it asks for are set.
Config loaded(const ImportedConfig& made) {
    for (const char* variable : {"WALFERRY_SOURCE_PASSWORD", "WALFERRY_WAREHOUSE_PASSWORD", "PG_HOST",
                                 "PG_USER", "PG_PASSWORD", "WALFERRY_CONNECTION_USERNAME", "TOPIC_PREFIX"})
        setenv(variable, "set", 1);
    setenv("KAFKA_BROKERS", "kafka:9092", 1);
    setenv("KAFKA_USER", "me", 1);
    setenv("KAFKA_PASSWORD", "pw", 1);
    setenv("REGISTRY_LOGIN", "user:pw", 1);
    setenv("WALFERRY_HASH_KEY", "0123456789abcdef0123456789abcdef", 1);
    const std::string text = write_imported(made);
    CAPTURE(text);
    auto config = parse_config(text, "f.yaml");
    INFO((config ? std::string() : config.error().message));
    REQUIRE(config.has_value());
    return config.value();
}

bool has_finding(const ImportedConfig& config, ImportFinding::Kind kind, const std::string& key) {
    for (const ImportFinding& finding : config.findings) {
        if (finding.kind == kind && finding.key == key) return true;
    }
    return false;
}

constexpr auto lost = ImportFinding::Kind::NoCounterpart;
constexpr auto needless = ImportFinding::Kind::Needless;

std::vector<std::string> matches(const Config& config) {
    std::vector<std::string> all;
    for (const TableRule& rule : config.tables) all.push_back(rule.match);
    return all;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE(
    "every connector in every role that it can have makes a configuration that loads, without secrets") {
    int made = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (entry.path().extension() == ".md") continue;
        CAPTURE(name);
        for (const ImportOptions& options :
             {ImportOptions{}, ImportOptions{.publish = true}, ImportOptions{.from_kafka = true}}) {
            const auto config = import_connector(connector(name), options);
            if (!config) continue;
            loaded(config.value());
            CHECK(write_imported(config.value()).find("sesame") == std::string::npos);
            ++made;
        }
    }
    CHECK(made >= 25);
}

TEST_CASE("a result names each setting, or would be another without it") {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (entry.path().extension() == ".md") continue;
        const ConnectorFile whole = connector(name);
        for (const ImportOptions& options :
             {ImportOptions{}, ImportOptions{.publish = true}, ImportOptions{.from_kafka = true}}) {
            const auto made = import_connector(whole, options);
            if (!made) continue;
            const std::string text = write_imported(made.value());
            for (const auto& [key, value] : whole.settings) {
                CAPTURE(name, key, options.publish, options.from_kafka);
                ConnectorFile less = whole;
                less.settings.erase(key);
                const auto without_it = import_connector(less, options);
                const bool named = has_finding(made.value(), lost, key) ||
                                   has_finding(made.value(), needless, key) ||
                                   has_finding(made.value(), ImportFinding::Kind::Changed, key);
                CHECK((named || !without_it || write_imported(without_it.value()) != text));
            }
        }
    }
}

TEST_CASE("each setting that nothing else takes is named") {
    for (const char* name : {"pg_tuned.json", "mysql.json", "jdbc_sink.json"}) {
        ConnectorFile file = connector(name);
        file.settings["some.new.setting"] = "sesame";
        const auto made = import_connector(file, {.from_kafka = true});
        REQUIRE(made.has_value());
        CHECK(has_finding(made.value(), lost, "some.new.setting"));
        CHECK(write_imported(made.value()).find("sesame") == std::string::npos);
    }
}

TEST_CASE("a PostgreSQL connector becomes a source with a warehouse") {
    const ImportedConfig made = imported("pg_tuned.json");
    const Config config = loaded(made);
    CHECK(config.pipeline == "shop_orders");
    CHECK(config.source.connection ==
          "host=db.example.com port=5433 user='debezium user' dbname=shop sslmode=verify-full "
          "sslrootcert=/etc/ssl/root.crt password='set'");
    CHECK(config.source.slot == "debezium_shop");
    CHECK(config.source.publication == "dbz_shop");
    CHECK(config.source.copy_workers == 4);
    CHECK(config.warehouse.duckdb->path == "shop_orders.duckdb");
    CHECK(matches(config) == Texts{"public.orders", "public.order_lines", "public.order_notes",
                                   "sales.events", "sales.*", "public.customers"});
    const TableRule& customers = config.tables.back();
    CHECK(customers.columns.excluded == Texts{"card_number", "internal_note"});
    CHECK(customers.columns.hashed == Texts{"email"});
    CHECK(customers.columns.masked == Texts{"phone"});
    CHECK(config.tables.front().columns.excluded == Texts{"internal_note"});
    CHECK_FALSE(customers.applies_truncate);
    CHECK(config.tables[3].key == Texts{"tenant", "id"});
    for (const char* key :
         {"column.truncate.to.20.chars", "heartbeat.action.query", "signal.data.collection"})
        CHECK(has_finding(made, lost, key));
    CHECK(has_finding(made, needless, "decimal.handling.mode"));
    CHECK(has_finding(made, ImportFinding::Kind::Changed, "column.mask.hash.SHA-256.with.salt.***"));
}

TEST_CASE("a PostgreSQL connector becomes a publisher of the same events") {
    const Config config = loaded(imported("pg_tuned.json", {.publish = true, .brokers = "k:1"}));
    REQUIRE(config.publish.has_value());
    const KafkaPublishConfig& publish = *config.publish;
    CHECK(publish.kafka.brokers == "k:1");
    CHECK(publish.topic_prefix == "shop");
    CHECK(publish.slot == "debezium_shop");
    CHECK(publish.publication == "dbz_shop");
    CHECK_FALSE(publish.tombstones);
    CHECK(publish.transaction_topic);
    CHECK_FALSE(publish.schemas_enable);
    CHECK(publish.heartbeat.count() == 10'000);
    CHECK(publish.options == std::map<std::string, std::string>{{"decimal.handling.mode", "string"},
                                                                {"time.precision.mode", "connect"}});
    CHECK(publish.kafka.properties == std::map<std::string, std::string>{{"compression.type", "lz4"},
                                                                         {"linger.ms", "20"},
                                                                         {"sasl.password", "pw"},
                                                                         {"sasl.username", "me"}});
    CHECK(config.tables.front().targets.empty());
    CHECK_FALSE(config.warehouse.duckdb.has_value());

    const Config outbox = loaded(imported("pg_outbox.json", {.publish = true}));
    CHECK(outbox.publish->outbox_table == "public.outbox_event");
    CHECK(has_finding(imported("pg_outbox.json", {.publish = true}), lost,
                      "transforms.outbox.table.field.event.key"));
    CHECK(loaded(imported("pg_avro.json", {.publish = true})).publish->registry ==
          "http://user:pw@registry:8081");
    CHECK_FALSE(loaded(imported("pg_avro.json", {.publish = true})).publish->snapshot_initial);
}

TEST_CASE("topics of source connectors are read from Kafka") {
    const ImportOptions reading{.from_kafka = true};
    const Config avro = loaded(imported("pg_avro.json", reading));
    REQUIRE(avro.kafka.has_value());
    CHECK(avro.kafka->topics == Texts{"orders.public.orders"});
    CHECK(avro.kafka->format == EventFormat::Avro);
    CHECK(avro.kafka->flattened);
    CHECK(avro.kafka->options.at("delete.tombstone.handling.mode") == "rewrite-with-tombstone");
    CHECK(has_finding(imported("pg_avro.json", reading), needless, "tasks"));
    CHECK(loaded(imported("mysql.json", reading)).kafka->topics == Texts{"fulfillment.inventory.*"});
    CHECK(loaded(imported("mysql.json", reading)).kafka->options.at("decimal.handling.mode") == "double");
    CHECK(loaded(imported("sqlserver.json", reading)).kafka->topics ==
          Texts{"fullfillment.*.dbo.customers", "fullfillment.*.dbo._odd_name_"});
    CHECK(has_finding(imported("sqlserver.json", reading), lost, "value.converter"));
    CHECK(loaded(imported("oracle.properties", reading)).kafka->topics ==
          Texts{"server1.DEBEZIUM.ORDERS", "server1.DEBEZIUM.CUSTOMERS"});
    CHECK(loaded(imported("pg_excludes.json", reading)).kafka->topics == Texts{"app.*.*"});
    const ImportedConfig routed = imported("pg_regexes.properties", reading);
    CHECK(has_finding(routed, lost, "transforms.route.type"));
    CHECK(has_finding(routed, lost, "transforms.route.replacement"));
}

TEST_CASE("a JDBC sink becomes a Kafka source with a PostgreSQL warehouse") {
    const ImportedConfig made = imported("jdbc_sink.json");
    const Config config = loaded(made);
    CHECK(config.kafka->topics == Texts{"dbserver1.inventory.customers", "dbserver1.inventory.orders"});
    CHECK(config.kafka->group == "sink-group");
    CHECK(config.warehouse.postgres->connection ==
          "host=warehouse port=5432 dbname=analytics user=walferry password='set'");
    CHECK(config.warehouse.schema == "public");
    CHECK(config.dead_letters.topic == "sink.dlq");
    REQUIRE(config.tables.size() == 1);
    CHECK(config.tables[0].targets[0].mode == TableMode::Upsert);
    CHECK(config.tables[0].targets[0].table == "dbserver1_{schema}_{table}");
    CHECK(config.tables[0].on_delete == OnDelete::Hard);
    CHECK_FALSE(config.tables[0].applies_truncate);
    CHECK(config.tables[0].key == Texts{"id"});
    for (const char* key :
         {"connection.url", "database.time_zone", "errors.tolerance", "consumer.override.auto.offset.reset"})
        CHECK(has_finding(made, lost, key));

    const ImportedConfig inserts = imported("jdbc_sink_regex.properties");
    CHECK(loaded(inserts).kafka->topics == Texts{"^(shop\\.public\\.(orders|items))$"});
    CHECK(loaded(inserts).tables[0].targets[0].mode == TableMode::Append);
    CHECK(loaded(inserts).warehouse.duckdb.has_value());
    for (const char* key : {"connection.url", "collection.name.format", "transforms.route.type"})
        CHECK(has_finding(inserts, lost, key));
    ConnectorFile hosts = connector("jdbc_sink.json");
    hosts.settings["connection.url"] = "jdbc:postgresql://a:1,[::1],c/d";
    CHECK(loaded(import_connector(hosts, {}).value()).warehouse.postgres->connection ==
          "host=a,::1,c port=1,5432,5432 dbname=d user=walferry password='set'");
    hosts.settings["connection.url"] = "jdbc:postgresql://u:sesame@h/d";
    CHECK(write_imported(import_connector(hosts, {}).value()).find("sesame") == std::string::npos);
    const ImportedConfig fields = imported("jdbc_sink_fields.json");
    CHECK(loaded(fields).tables[0].key == Texts{"tenant", "id"});
    CHECK(loaded(fields).tables[0].targets[0].table == "{schema}_{table}");
    CHECK(loaded(fields).tables[0].on_delete == OnDelete::Ignore);
    CHECK(has_finding(fields, lost, "field.exclude.list"));
}

TEST_CASE("a column that a rule may not hide is named, and an uncovered one is never passed over") {
    const auto with = [](const std::string& tables, const std::string& columns) {
        ConnectorFile file = connector("pg_inventory.json");
        file.settings.erase("schema.include.list");
        file.settings["table.include.list"] = tables;
        file.settings["column.exclude.list"] = columns;
        return import_connector(file, {}).value();
    };
    const auto excluded = [](const ImportedConfig& made) {
        std::vector<Texts> columns;
        for (const ImportedRule& rule : made.rules) columns.push_back(rule.exclude_columns);
        return columns;
    };
    CHECK(excluded(with("a\\.t,b\\..*", ".*\\.c")) == std::vector<Texts>{{"c"}, {"c"}});
    CHECK(excluded(with("b\\..*", "b\\.t\\.c")) == std::vector<Texts>{{"c"}, {}});
    CHECK_FALSE(has_finding(with("a\\.t,b\\..*", "a\\..*\\.c"), lost, "table.include.list"));
    for (const char* columns : {"b\\.x.*\\.c", "a\\.t\\.c.*", "z\\.t\\.c", "a\\.t\\.c+"}) {
        CAPTURE(columns);
        CHECK(has_finding(with("a\\.t,b\\..*", columns), lost, "column.exclude.list"));
    }
    // a.* takes in the first rule, and perhaps a part of the second.
    const ImportedConfig part = with("a\\.t,.*\\.u", "a\\..*\\.c");
    CHECK(excluded(part) == std::vector<Texts>{{"c"}, {}});
    CHECK(has_finding(part, lost, "column.exclude.list"));
}

TEST_CASE("what a rule can't say follows no table, and is named") {
    const ImportedConfig excludes = imported("pg_excludes.json");
    CHECK(matches(loaded(excludes)) == Texts{"FILL_IN.*"});
    CHECK(has_finding(excludes, lost, "table.exclude.list"));
    CHECK(has_finding(excludes, lost, "snapshot.mode"));
    const ImportedConfig regexes = imported("pg_regexes.properties");
    CHECK(matches(loaded(regexes)) == Texts{"Public.Orders", "a.t[0-9]", "b.t[0-9]", "public.x[0-9]"});
    for (const char* key :
         {"table.include.list", "column.exclude.list", "column.include.list", "transforms.filter.type"})
        CHECK(has_finding(regexes, lost, key));
    CHECK(matches(loaded(imported("pg_inventory.json"))) == Texts{"inventory.*"});
    CHECK(matches(loaded(imported("pg_standalone.properties"))) == Texts{"public.a"});
}

TEST_CASE("what is no connector that can be taken over is refused") {
    const auto message = [](const std::string& name, const ImportOptions& options) {
        const auto config = import_connector(connector(name), options);
        REQUIRE_FALSE(config.has_value());
        CHECK(config.error().kind == ErrorKind::Configuration);
        return config.error().message;
    };
    CHECK_THAT(message("mysql.json", {}), CONTAINS_TEXT("--from-kafka"));
    CHECK_THAT(message("oracle.properties", {.publish = true}), CONTAINS_TEXT("--from-kafka"));
    CHECK_THAT(message("jdbc_sink.json", {.publish = true}), CONTAINS_TEXT("leave --publish out"));
    ConnectorFile file;
    file.settings["connector.class"] = "org.example.FileSource";
    CHECK_THAT(import_connector(file, {}).error().message, CONTAINS_TEXT("org.example.FileSource"));
}
