#include "config/config.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/keys.h"
#include "tests/support/catch.h"

using namespace walferry;

namespace {

const std::string minimal = R"(
source: { postgres: { connection: "dbname=shop" } }
warehouse: { duckdb: { path: shop.duckdb } }
tables: [ { match: "*", mode: upsert } ]
)";

Config parsed(const std::string& text, const std::string& name = "shop.yaml") {
    const auto config = parse_config(text, name);
    INFO((config ? std::string() : config.error().message));
    REQUIRE(config.has_value());
    return config.value();
}

std::string contents(const std::string& path) {
    std::ifstream file(path);
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE("what is left out has its default") {
    const Config config = parsed(minimal, "/etc/walferry/shop.yaml");
    CHECK(config.file == "/etc/walferry/shop.yaml");
    CHECK(config.pipeline == "shop");
    CHECK(config.source.publication == "walferry_shop");
    CHECK(config.source.slot == "walferry_shop");
    CHECK(config.source.snapshot_initial);
    CHECK(config.warehouse.duckdb->memory_limit == "512MiB");
    CHECK_FALSE(config.warehouse.postgres.has_value());
    CHECK(config.warehouse.schema == "{schema}");
    REQUIRE(config.tables.size() == 1);
    REQUIRE(config.tables[0].targets.size() == 1);
    CHECK(config.tables[0].targets[0].table == "{table}");
    CHECK(config.tables[0].metadata);
    CHECK(config.tables[0].line == 4);
    CHECK_FALSE(config.outbox.has_value());
    CHECK_FALSE(config.verify.has_value());
    CHECK_FALSE(config.http.explicitly_set);
}

TEST_CASE("the defaults of the key table are those of the structs") {
    const Config config = parsed(minimal);
    const auto shown_default = [](const char* path) { return std::string(find_key(path)->default_text); };
    CHECK(shown_default("source.postgres.copy_workers") == std::to_string(config.source.copy_workers));
    CHECK(shown_default("warehouse.duckdb.memory_limit") == config.warehouse.duckdb->memory_limit);
    CHECK(shown_default("warehouse.duckdb.threads") == std::to_string(config.warehouse.duckdb->threads));
    CHECK(shown_default("warehouse.schema") == "\"" + config.warehouse.schema + "\"");
    CHECK(shown_default("warehouse.control_schema") == config.warehouse.control_schema);
    CHECK(shown_default("batch.max_rows") == std::to_string(config.batch.rows_max));
    CHECK(shown_default("batch.max_bytes") == "64MiB");
    CHECK(config.batch.bytes_max == 64u << 20);
    CHECK(shown_default("batch.max_delay") == "0ms");
    CHECK(shown_default("dead_letters.max_rate") == "0.05");
    CHECK(DeadLettersConfig{}.rate_max == 0.05);
    CHECK(config.batch.delay_max.count() == 0);
    CHECK(shown_default("http.listen") == config.http.listen);
    CHECK(shown_default("http.ready_max_lag") == "60s");
    CHECK(shown_default("outbox.timeout") == "30s");
    CHECK(OutboxConfig{}.time_max.count() == 30'000);
    CHECK(shown_default("outbox.retention") == "7d");
    CHECK(OutboxConfig{}.retention.count() == 7ll * 24 * 3'600'000);
    CHECK(config.http.ready_lag_max.count() == 60'000);
    CHECK(shown_default("log.level") == config.log.level);
    CHECK(shown_default("log.format") == config.log.format);
}

TEST_CASE("every value of a file arrives") {
    setenv("WALFERRY_TEST_TOKEN", "s3cret", 1);
    const Config config = parsed(R"yaml(
pipeline: shop_2
source:
  postgres: { connection: "postgresql://u@h/shop", publication: Pub, slot: slot_1, snapshot: never, copy_workers: 7 }
warehouse:
  postgres: { connection: "host=w dbname=a" }
  schema: "raw_{schema}"
  control_schema: control
tables:
  - match: public.order_*
    mode: upsert
    table: "{schema}_{table}"
    key: [tenant, id]
    rename_columns: { Name: display_name }
    types: { amount: "decimal(18,2)"
}
    metadata: false
    on_delete: soft
    on_truncate: ignore
    on_drop: drop
    on_rewrite: stop
  - match: public.customers
    targets: [ { mode: upsert }, { mode: upsert, table: copy }, { mode: append },
               { mode: scd2, track: [plan], names: { valid_to: ended }, first_valid_from: beginning } ]
types: { numeric: varchar }
batch: { max_rows: 5, max_bytes: 1MiB, max_delay: 250ms }
verify: { every: 24h, rate: 200000 }
outbox: { notify: "my channel", webhook: "https://h/x", secret: "${WALFERRY_TEST_TOKEN}", exec: "run it", timeout: 5s, retention: 2h }
http: { listen: "0.0.0.0:0", token: "${WALFERRY_TEST_TOKEN}", ready_max_lag: 5m }
log: { level: debug, format: json }
)yaml");
    CHECK(config.tables[0].on_delete == OnDelete::Soft);
    CHECK_FALSE(config.tables[0].applies_truncate);
    CHECK(config.tables[0].on_drop == OnDrop::Drop);
    CHECK(config.tables[0].on_rewrite == OnRewrite::Stop);
    CHECK(config.tables[1].on_drop == OnDrop::Keep);
    CHECK(config.tables[1].on_rewrite == OnRewrite::Resync);
    const std::vector<TargetConfig>& targets = config.tables[1].targets;
    REQUIRE(targets.size() == 4);
    CHECK(targets[2].mode == TableMode::Append);
    CHECK(targets[2].table == "{table}_changes");
    CHECK(targets[3].mode == TableMode::Scd2);
    CHECK(targets[3].table == "{table}_history");
    CHECK(targets[3].track == std::vector<std::string>{"plan"});
    CHECK(targets[3].names.valid_to == "ended");
    CHECK(targets[3].names.is_current == "is_current");
    CHECK(targets[3].valid_from_beginning);
    CHECK(config.pipeline == "shop_2");
    CHECK(config.source.connection == "postgresql://u@h/shop");
    CHECK(config.source.publication == "Pub");
    CHECK(config.source.slot == "slot_1");
    CHECK_FALSE(config.source.snapshot_initial);
    CHECK(config.source.copy_workers == 7);
    CHECK_FALSE(config.warehouse.duckdb.has_value());
    CHECK(config.warehouse.postgres->connection == "host=w dbname=a");
    CHECK(config.warehouse.schema == "raw_{schema}");
    CHECK(config.warehouse.control_schema == "control");
    REQUIRE(config.tables.size() == 2);
    const TableRule& rule = config.tables[0];
    CHECK(rule.line == 10);
    CHECK(rule.targets[0].table == "{schema}_{table}");
    CHECK(rule.key == std::vector<std::string>{"tenant", "id"});
    CHECK(rule.rename_columns.at("Name") == "display_name");
    CHECK(rule.types.at("amount") == "decimal(18,2)");
    CHECK_FALSE(rule.metadata);
    CHECK(config.tables[1].targets[1].table == "copy");
    CHECK(config.types.at("numeric") == "varchar");
    CHECK(config.batch.rows_max == 5);
    CHECK(config.batch.bytes_max == 1u << 20);
    CHECK(config.batch.delay_max.count() == 250);
    REQUIRE(config.verify);
    CHECK(config.verify->every == std::chrono::hours(24));
    CHECK(config.verify->rows_per_second == 200'000);
    REQUIRE(config.outbox);
    CHECK(config.outbox->notify == "my channel");
    CHECK(config.outbox->webhook == "https://h/x");
    CHECK(config.outbox->secret == "s3cret");
    CHECK(config.outbox->command == "run it");
    CHECK(config.outbox->time_max.count() == 5'000);
    CHECK(config.outbox->retention.count() == 7'200'000);
    CHECK(config.http.explicitly_set);
    CHECK(config.http.token == "s3cret");
    CHECK(config.http.ready_lag_max.count() == 300'000);
    CHECK(config.log.level == "debug");
    CHECK(config.log.format == "json");
}

TEST_CASE("anchors, aliases, empty sections and CRLF are fine") {
    std::string text = minimal + R"(
batch:
log: &l { level: warn }
types: { numeric: &t varchar, money: *t }
)";
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
        text.replace(at, 1, "\r\n");
    const Config config = parsed(text);
    CHECK(config.log.level == "warn");
    CHECK(config.types.at("money") == "varchar");
}

TEST_CASE("a table gets the first rule that matches its raw name") {
    const Config config = parsed(R"(
source: { postgres: { connection: "dbname=shop" } }
warehouse: { duckdb: { path: shop.duckdb } }
tables:
  - { match: public.orders, mode: upsert, table: first }
  - { match: public.*, mode: upsert, table: second }
)");
    CHECK(find_rule(config, "public", "orders") == &config.tables[0]);
    CHECK(find_rule(config, "public", "order lines") == &config.tables[1]);
    CHECK(find_rule(config, "public", "Orders") == &config.tables[1]);
    CHECK(find_rule(config, "Public", "orders") == nullptr);
}

TEST_CASE("every example is a good configuration") {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(PROJECT_ROOT "/config/examples")) {
        CAPTURE(entry.path().string());
        const auto config = load_config(entry.path().string());
        INFO((config ? std::string() : config.error().message));
        CHECK(config.has_value());
        ++count;
    }
    CHECK(count >= 3);
}

TEST_CASE("every available key has its place in the documentation and every other one does not") {
    const std::string page = contents(PROJECT_ROOT "/docs/configuration.md");
    for (const Key& key : configuration_keys()) {
        if (key.type == KeyType::Section || key.type == KeyType::SectionList ||
            key.type == KeyType::SectionMap)
            continue;
        CAPTURE(key.path);
        const bool has_row = page.find("\n| `" + std::string(key.path) + "` |") != std::string::npos;
        CHECK(has_row == key.available());
    }
}

TEST_CASE("a file that cannot be read is named with the reason") {
    const auto missing = load_config("/nowhere/shop.yaml");
    REQUIRE_FALSE(missing.has_value());
    CHECK(missing.error().kind == ErrorKind::Configuration);
    CHECK(missing.error().message == "/nowhere/shop.yaml: cannot be read: No such file or directory");
    CHECK(load_config("/").error().message == "/: cannot be read: Is a directory");
}
