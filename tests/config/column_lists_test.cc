#include <cstdlib>

#include "config/config.h"
#include "tests/support/catch.h"

using namespace walferry;

namespace {

/// A file with one rule whose lines from 5 on are these.
Result<Config> rule_of(const std::string& lines) {
    return parse_config(
        "source: { postgres: { connection: dbname=shop } }\nwarehouse: { duckdb: { path: x } }\ntables:\n"
        "  - match: a.b\n    mode: upsert\n" +
            lines,
        "f.yaml");
}

std::string lists_error(const std::string& lines) {
    const auto config = rule_of(lines);
    return config ? "no error" : config.error().message;
}

struct HashKey {
    explicit HashKey(const char* value) { setenv(hash_key_variable, value, 1); }
    ~HashKey() { unsetenv(hash_key_variable); }
};

}  // namespace

TEST_CASE("columns are excluded, hashed and masked by name") {
    const HashKey key("s3cret");
    const auto config =
        rule_of("    exclude_columns: [card, pin]\n    hash_columns: [email]\n    mask_columns: [phone]\n");
    REQUIRE(config);
    const ColumnRules& rules = config.value().tables[0].columns;
    CHECK(rules.of("pin") == ColumnRule::Exclude);
    CHECK(rules.of("email") == ColumnRule::Hash);
    CHECK(rules.of("phone") == ColumnRule::Mask);
    CHECK(rules.of("Email") == ColumnRule::Clear);
    CHECK(rules.hash_key == "s3cret");
}

TEST_CASE("hashing wants a key in the environment, the other two do not") {
    unsetenv(hash_key_variable);
    CHECK(lists_error("    hash_columns: [a]\n") ==
          "f.yaml:6: tables[0].hash_columns: the environment variable WALFERRY_HASH_KEY is not set, allowed: "
          "the secret to hash with");
    const HashKey empty("");
    CHECK(lists_error("    hash_columns: [a]\n") ==
          "f.yaml:6: tables[0].hash_columns: the environment variable WALFERRY_HASH_KEY is empty, allowed: "
          "the secret to hash with");
    CHECK(lists_error("    exclude_columns: [a]\n    mask_columns: [b]\n") == "no error");
}

TEST_CASE("a column stands in one of the lists, once, and has no type of its own") {
    const HashKey key("k");
    CHECK(
        lists_error("    hash_columns: [a]\n    mask_columns: [a]\n") ==
        "f.yaml:7: tables[0].mask_columns: \"a\" stands in hash_columns already, allowed: each column once, "
        "in one of the lists");
    CHECK(lists_error("    exclude_columns: [a, b, a]\n") ==
          "f.yaml:6: tables[0].exclude_columns: \"a\" stands here already, allowed: each column once, in one "
          "of the lists");
    CHECK(lists_error("    types: { a: bigint }\n    hash_columns: [a]\n") ==
          "f.yaml:7: tables[0].hash_columns: \"a\" has a type under types, allowed: one of the two, for the "
          "target column is text");
    CHECK(lists_error("    mask_columns: []\n") ==
          "f.yaml:6: tables[0].mask_columns: is empty, allowed: one column or several");
    CHECK(lists_error("    mask_columns: [\"\"]\n").find("f.yaml:6: tables[0].mask_columns: ") == 0);
}
