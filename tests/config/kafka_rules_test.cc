#include "tests/config/error_cases.h"

using namespace walferry;

namespace {

/// Line 1 to 3; what stands below source.kafka goes on in line 4.
const std::string kafka_head =
    "warehouse: { duckdb: { path: shop.duckdb } }\n"
    "tables: [ { match: '*', mode: upsert } ]\n"
    "source: { kafka: {\n";
const std::string cluster = "brokers: h:1, topics: [a]";

/// Lines 1 and 2; what stands below publish.kafka goes on in line 3. Without a warehouse.
const std::string publish_head =
    "source: { postgres: { connection: dbname=shop } }\n"
    "publish: { kafka: { brokers: 'h:1', topic_prefix: shop,\n";
const std::string publish_tail = "} }\ntables: [ { match: '*' } ]\n";

std::string source_error(const std::string& below) {
    return error_of(kafka_head + below + "} }\n");
}
std::string publish_error(const std::string& below, const std::string& more = "",
                          const std::string& name = "f.yaml") {
    return error_of(publish_head + below + publish_tail + more, name);
}

Config good(const std::string& text) {
    const auto config = parse_config(text, "shop.yaml");
    INFO((config ? std::string() : config.error().message));
    REQUIRE(config.has_value());
    return config.value();
}

}  // namespace

TEST_CASE("every value of source.kafka arrives") {
    const Config config = good(kafka_head + R"(
    brokers: 'a:1,b:2', group: g, topics: [shop.x, 'shop.public.*', '^shop[.].*$'], format: avro,
    registry: 'https://u:p@r:1/ccompat/v7', flattened: true, transactions: aligned, ambiguous_null: dead_letter,
    options: { time.precision.mode: Connect, delete.tombstone.handling.mode: rewrite },
    properties: { session.timeout.ms: 10000, sasl.password: x } } }
outbox: { kafka: shop.outbox }
dead_letters: { topic: shop.letters }
)");
    REQUIRE(config.kafka.has_value());
    const KafkaSourceConfig& kafka = *config.kafka;
    CHECK(kafka.kafka.brokers == "a:1,b:2");
    CHECK(kafka.group == "g");
    CHECK(kafka.topics == std::vector<std::string>{"shop.x", "shop.public.*", "^shop[.].*$"});
    CHECK(kafka.format == EventFormat::Avro);
    CHECK(kafka.registry == "https://u:p@r:1/ccompat/v7");
    CHECK(kafka.flattened);
    CHECK(kafka.aligned);
    CHECK(kafka.ambiguous_null == AmbiguousNull::DeadLetter);
    CHECK(kafka.options == std::map<std::string, std::string>{{"time.precision.mode", "Connect"},
                                                              {"delete.tombstone.handling.mode", "rewrite"}});
    CHECK(kafka.kafka.properties ==
          std::map<std::string, std::string>{{"session.timeout.ms", "10000"}, {"sasl.password", "x"}});
    CHECK(config.outbox->kafka_topic == "shop.outbox");
    CHECK(config.dead_letters.topic == "shop.letters");
    CHECK(config.source.connection.empty());
    CHECK_FALSE(config.publish.has_value());
}

TEST_CASE("what source.kafka leaves out has its default") {
    const Config config = good(kafka_head + cluster + "} }\n");
    CHECK(config.kafka->group == "walferry_shop");
    CHECK(config.kafka->format == EventFormat::Json);
    CHECK_FALSE(config.kafka->flattened);
    CHECK_FALSE(config.kafka->aligned);
    CHECK(config.kafka->ambiguous_null == AmbiguousNull::Keep);
    CHECK(good(kafka_head + cluster + ", ambiguous_null: 'null' } }\n").kafka->ambiguous_null ==
          AmbiguousNull::Null);
}

TEST_CASE("every value of publish.kafka arrives") {
    const Config config = good(publish_head + R"(
    slot: s, publication: P, snapshot: never, checkpoint_topic: c, outbox_table: public.outbox, format: avro,
    registry: 'http://r:8081', schemas_enable: true, tombstones: false, transaction_topic: true, heartbeat: 5s,
    delivery: at_least_once, fidelity: exact, options: { include.unknown.datatypes: true },
    properties: { linger.ms: 5 } )" +
                               publish_tail);
    REQUIRE(config.publish.has_value());
    const KafkaPublishConfig& publish = *config.publish;
    CHECK(publish.kafka.brokers == "h:1");
    CHECK(publish.kafka.properties.at("linger.ms") == "5");
    CHECK(publish.topic_prefix == "shop");
    CHECK(publish.slot == "s");
    CHECK(publish.publication == "P");
    CHECK_FALSE(publish.snapshot_initial);
    CHECK(publish.checkpoint_topic == "c");
    CHECK(publish.outbox_table == "public.outbox");
    CHECK(publish.format == EventFormat::Avro);
    CHECK(publish.registry == "http://r:8081");
    CHECK(publish.schemas_enable);
    CHECK_FALSE(publish.tombstones);
    CHECK(publish.transaction_topic);
    CHECK(publish.heartbeat.count() == 5'000);
    CHECK_FALSE(publish.exactly_once);
    CHECK(publish.exact_values);
    CHECK(publish.options.at("include.unknown.datatypes") == "true");
    CHECK_FALSE(config.warehouse.duckdb.has_value());
    CHECK_FALSE(config.warehouse.postgres.has_value());
    REQUIRE(config.tables.size() == 1);
    CHECK(config.tables[0].targets.empty());
}

TEST_CASE("what publish.kafka leaves out has its default") {
    const Config config = good(publish_head + publish_tail);
    const KafkaPublishConfig& publish = *config.publish;
    CHECK(publish.slot == "walferry_shop_publish");
    CHECK(publish.publication == "walferry_shop_publish");
    CHECK(publish.checkpoint_topic == "shop.walferry.checkpoint");
    CHECK(publish.snapshot_initial);
    CHECK(publish.outbox_table.empty());
    CHECK_FALSE(publish.schemas_enable);
    CHECK(publish.tombstones);
    CHECK_FALSE(publish.transaction_topic);
    CHECK(publish.heartbeat.count() == 0);
    CHECK(publish.exactly_once);
    CHECK_FALSE(publish.exact_values);
}

TEST_CASE("source.kafka needs brokers and topics that can be read") {
    CHECK(source_error(cluster) == "no error");
    CHECK(source_error("group: g") ==
          "f.yaml:3: source.kafka.brokers: is missing, allowed: text\n"
          "f.yaml:3: source.kafka.topics: is missing, allowed: a list of text, such as [a, b]");
    CHECK(source_error("brokers: ' ', topics: []") ==
          "f.yaml:4: source.kafka.brokers: is empty, allowed: HOST:PORT, or several with commas between\n"
          "f.yaml:4: source.kafka.topics: is empty, allowed: names, globs such as shop.public.*, or regular "
          "expressions that begin with ^");
    for (const char* pattern : {"'^shop('", "'shop.[a'", "''"}) {
        CAPTURE(pattern);
        CHECK_THAT(source_error(std::string("brokers: x, topics: [a,\n") + pattern + "]"),
                   CONTAINS_TEXT("f.yaml:5: source.kafka.topics: ") &&
                       CONTAINS_TEXT("can't be read as topics, allowed: names"));
    }
    CHECK(source_error(cluster + ", group: ''") ==
          "f.yaml:4: source.kafka.group: is empty, allowed: any text");
}

TEST_CASE("avro and a registry belong together") {
    CHECK(
        source_error(cluster + ",\nformat: avro") ==
        "f.yaml:5: source.kafka.registry: is missing, allowed: with format avro the http or https URL of the "
        "registry");
    CHECK(publish_error("registry: 'http://r'") ==
          "f.yaml:3: publish.kafka.registry: stands there without format avro, allowed: with format: avro");
    for (const char* url : {"r:8081", "ftp://r", "http://", "http://u:p@", "'http://a,http://b'", "''"}) {
        CAPTURE(url);
        CHECK(publish_error(std::string("format: avro, registry: ") + (*url == '\'' ? "" : "'") + url +
                            (*url == '\'' ? "" : "'")) ==
              "f.yaml:3: publish.kafka.registry: is no such URL, allowed: "
              "http://[USER:PASSWORD@]HOST[:PORT][/PATH] or the same with https");
    }
}

TEST_CASE("the connector's settings are checked by name and value, each side has its own") {
    CHECK(source_error(cluster + ", options: {\ndecimal.handling.mode: exact}") ==
          "f.yaml:5: source.kafka.options.decimal.handling.mode: \"exact\" is none of its values, allowed: "
          "precise, double, string");
    CHECK_THAT(
        source_error(cluster + ", options: { include.unknown.datatypes: true }"),
        CONTAINS_TEXT("f.yaml:4: source.kafka.options.include.unknown.datatypes: no setting of Debezium "
                      "that changes how values look, allowed: binary.handling.mode"));
    CHECK_THAT(publish_error("options: { delete.tombstone.handling.mode: drop }"),
               CONTAINS_TEXT("f.yaml:3: publish.kafka.options.delete.tombstone.handling.mode: no setting"));
    CHECK(publish_error("options: { unavailable.value.placeholder: 'hex:0g' }") ==
          "f.yaml:3: publish.kafka.options.unavailable.value.placeholder: \"hex:0g\" is none of its values, "
          "allowed: any text, or hex: and an even number of hexadecimal digits");
}

TEST_CASE("names of topics, slots and tables follow the rules of those who keep them") {
    CHECK(error_of("source: { postgres: { connection: dbname=shop } }\n"
                   "publish: { kafka: { brokers: x, topic_prefix: 'a b' } }\n"
                   "tables: [ { match: '*' } ]\n") ==
          "f.yaml:2: publish.kafka.topic_prefix: \"a b\" is no prefix of topics, allowed: 1 to 200 letters, "
          "digits, . _ and -");
    CHECK(
        publish_error("checkpoint_topic: 'a/b'") ==
        "f.yaml:3: publish.kafka.checkpoint_topic: \"a/b\" is no topic, allowed: a name of 1 to 249 letters, "
        "digits, . _ and -");
    for (const char* topic : {"..", "", "a*"}) {
        CAPTURE(topic);
        CHECK_THAT(publish_error(std::string("checkpoint_topic: '") + topic + "'"),
                   CONTAINS_TEXT("is no topic"));
    }
    for (const char* table : {"outbox", ".outbox", "public."}) {
        CAPTURE(table);
        CHECK_THAT(publish_error(std::string("outbox_table: ") + table),
                   CONTAINS_TEXT("is no table, allowed: schema.table, raw and without quotes"));
    }
    CHECK_THAT(publish_error("slot: A"),
               CONTAINS_TEXT("f.yaml:3: publish.kafka.slot: \"A\" is no such name"));
    const std::string long_name(50, 'p');
    CHECK_THAT(
        publish_error("", "", long_name + ".yaml"),
        CONTAINS_TEXT("publish.kafka.slot: is missing, and the pipeline's name is too long to stand in "
                      "for it: ") &&
            CONTAINS_TEXT("publish.kafka.publication: is missing"));
    CHECK(publish_error("slot: s, publication: p", "", long_name + ".yaml") == "no error");
}

TEST_CASE("publishing beside a warehouse has a slot of its own") {
    const std::string warehouse = "warehouse: { duckdb: { path: x } }\n";
    const std::string publish = "publish: { kafka: { brokers: x, topic_prefix: s, slot: walferry_f } }\n";
    CHECK(error_of("source: { postgres: { connection: dbname=x } }\n" + warehouse + publish + tail) ==
          "f.yaml:3: publish.kafka.slot: \"walferry_f\" is the warehouse's slot, allowed: another one");
    CHECK(error_of("source: { postgres: { connection: dbname=x } }\n" + publish + tail) == "no error");
}

TEST_CASE("Kafka is a source for a warehouse alone") {
    CHECK(source_error(cluster + "} }\npublish: { kafka: { brokers: x, topic_prefix: s") ==
          "f.yaml:5: publish: publishes what a PostgreSQL source sends, allowed: with source.postgres");
    CHECK(source_error(cluster + "} }\nverify: { every: 1d }\nlog: {level: info} #") ==
          "f.yaml:5: verify: reads the source's rows, which Kafka does not have, allowed: with "
          "source.postgres");
    CHECK(
        error_of("source: { kafka: { " + cluster + " } }\n" + tail) ==
        "f.yaml:1: warehouse: is missing, allowed: a map with duckdb or postgres, which source.kafka needs");
}

TEST_CASE("without a warehouse there is nothing that lives in one") {
    for (const char* section : {"outbox: { exec: x }", "lineage: { url: 'http://h/x' }",
                                "dead_letters: { max_rate: 1 }", "verify: { every: 1d }"}) {
        CAPTURE(section);
        const std::string key(section, std::string_view(section).find(':'));
        CHECK(publish_error("", std::string(section) + "\n") ==
              "f.yaml:5: " + key +
                  ": needs a warehouse, and there is none, allowed: with a section warehouse");
    }
    CHECK(error_of(publish_head + "} }\ntables:\n  - match: a.b\n    contract: { required: [a] }\n") ==
          "f.yaml:6: tables[0].contract: needs a warehouse, and there is none, allowed: with a section "
          "warehouse");
    CHECK(publish_error("", "http: { sql_role: x }\n") ==
          "f.yaml:5: http.sql_role: needs a warehouse, and there is none, allowed: with a section warehouse");
}

TEST_CASE("topics of the outbox and of dead letters need brokers") {
    CHECK(error_of(head + "outbox: { kafka: t }\n") ==
          "f.yaml:4: outbox.kafka: has no brokers, allowed: with publish.kafka or source.kafka");
    CHECK(error_of(head + "dead_letters: { topic: t }\n") ==
          "f.yaml:4: dead_letters.topic: has no brokers, allowed: with publish.kafka or source.kafka");
    CHECK(
        source_error(cluster + "} }\ndead_letters: { topic: 'l.*' } #") ==
        "f.yaml:5: dead_letters.topic: \"l.*\" is no topic, allowed: a name of 1 to 249 letters, digits, . _ "
        "and -");
}
