#include "service/redaction.h"

#include "service/yaml_text.h"
#include "tests/support/catch.h"

using namespace walferry;

TEST_CASE("of a connection only what is known to be harmless is shown") {
    CHECK(redacted_connection("postgresql://me:sesame@db:5433/shop?sslmode=require&sslpassword=x") ==
          "user=me password=*** dbname=shop host=db port=5433 sslmode=require sslpassword=***");
    CHECK(redacted_connection("host=db user=me password='ses ame' passfile=/x") ==
          "user=me password=*** passfile=*** host=db");
    CHECK(redacted_connection("postgresql://me:${PASSWORD}@db/shop") ==
          "user=me password=${PASSWORD} dbname=shop host=db");
    CHECK(redacted_connection("host=db password='sesame") == "***");
    CHECK(redacted_connection("${SOURCE}") == "${SOURCE}");
    CHECK(redacted_connection("${SOURCE:-host=x password=y}") == "${SOURCE}***");
}

TEST_CASE("a configuration is shown without secrets, comments, and what is not known") {
    const auto shown = redacted_configuration(
        "# sesame\n"
        "pipeline: shop\n"
        "pasword: sesame\n"
        "http: { listen: 127.0.0.1:1, token: \"a${TOKEN:-sesame}\" }\n"
        "outbox: { exec: curl sesame, webhook: \"https://u:sesame@h:1/sesame?sesame\", timeout: 5s }\n"
        "lineage: { url: \"http://h:1/sesame\", api_key: sesame, namespace: sesame }\n"
        "batch: { max_rows: 7 }\n"
        "tables: [{ match: a.b, mode: upsert, key: [id], types: { v: text }, unknown: [sesame] }]\n");
    REQUIRE(shown);
    CHECK(shown.value() ==
          "pipeline: \"shop\"\n"
          "pasword: \"***\"\n"
          "http:\n  listen: \"127.0.0.1:1\"\n  token: \"${TOKEN}***\"\n"
          "outbox:\n  exec: \"***\"\n  webhook: \"https://h:1/***\"\n  timeout: \"5s\"\n"
          "lineage:\n  url: \"http://h:1/***\"\n  api_key: \"***\"\n  namespace: \"***\"\n"
          "batch:\n  max_rows: \"7\"\n"
          "tables:\n  - match: \"a.b\"\n    mode: \"upsert\"\n    key:\n      - \"id\"\n    types:\n"
          "      v: \"text\"\n    unknown:\n      - \"***\"\n");
    CHECK_FALSE(redacted_configuration("a: [").has_value());
}

TEST_CASE("of Kafka brokers, topics and settings are shown, properties and logins are not") {
    const auto shown = redacted_configuration(
        "source:\n  kafka:\n    brokers: k:1\n    topics: [shop.a]\n    registry: http://u:sesame@r:1/x\n"
        "    options: { time.precision.mode: connect }\n"
        "    properties: { sasl.password: sesame, ssl.key.password: \"${KEY}\" }\n");
    REQUIRE(shown);
    CHECK(shown.value() ==
          "source:\n  kafka:\n    brokers: \"k:1\"\n    topics:\n      - \"shop.a\"\n"
          "    registry: \"http://r:1/***\"\n    options:\n      \"time.precision.mode\": \"connect\"\n"
          "    properties:\n      \"sasl.password\": \"***\"\n      \"ssl.key.password\": \"${KEY}\"\n");
    Config config;
    config.publish.emplace().kafka.properties = {{"sasl.password", "sesame"}, {"linger.ms", "10000"}};
    config.publish->registry = "https://user:open@r/x";
    CHECK(without("sesame 10000 user:open open r", secrets_of(config)) == "*** 10000 *** *** r");
}

TEST_CASE("secrets are found wherever they turn up, the longest first") {
    Config config;
    config.source.connection = "host=h password=sesame";
    config.http.token = "sesame open";
    config.outbox = OutboxConfig{};
    config.outbox->secret = "abc";  // too short to look for
    const auto secrets = secrets_of(config);
    CHECK(without("sesame sesame open abc", secrets) == "*** *** abc");
    CHECK(without("***", {"***"}) == "***");
}

TEST_CASE("YAML in block style reads as the JSON it was made of") {
    CHECK(yaml_text({{"a", 1}, {"b", {{"c", nlohmann::ordered_json::array()}, {"d e", "no"}}}}) ==
          "a: 1\nb:\n  c: []\n  \"d e\": \"no\"\n");
    CHECK(yaml_text({{{"name", "not_null"}, {"list", {1, true}}}, "not_null", {1, 2}}) ==
          "- name: not_null\n  list:\n    - 1\n    - true\n- not_null\n- - 1\n  - 2\n");
}
