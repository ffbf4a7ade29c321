#include "config/config.h"
#include "tests/support/catch.h"

using namespace walferry;

namespace {

Result<Config> contract_of(const std::string& lines) {
    return parse_config(
        "source: { postgres: { connection: dbname=shop } }\nwarehouse: { duckdb: { path: x } }\ntables:\n"
        "  - match: a.b\n    mode: upsert\n    contract:\n" +
            lines,
        "f.yaml");
}

std::string contract_error(const std::string& lines) {
    const auto config = contract_of(lines);
    return config ? "no error" : config.error().message;
}

/// The error of one rule of column v, which stands in line 8.
std::string rule_error(const std::string& rule) {
    return contract_error("      columns:\n        v: { " + rule + " }\n");
}

}  // namespace

TEST_CASE("a contract is read with its rules by column") {
    const auto config = contract_of(R"yaml(      required: [id]
      columns:
        status: { not_null: true, accepted_values: [new, "paid"] }
        total: { range: [0, null], type: "numeric(10,2)" }
        email: { matches: '^[^@]+@' }
      freshness: 90s
      on_violation: warn
)yaml");
    INFO((config ? std::string() : config.error().message));
    REQUIRE(config);
    const ContractConfig& contract = config.value().tables[0].contract;
    CHECK(contract.required == std::vector<std::string>{"id"});
    CHECK(contract.freshness == std::chrono::seconds(90));
    CHECK(contract.on_violation == OnViolation::Warn);
    REQUIRE(contract.columns.size() == 3);
    CHECK(contract.columns[0].name == "status");
    CHECK(contract.columns[0].not_null);
    CHECK(contract.columns[0].accepted_values == std::vector<std::string>{"new", "paid"});
    CHECK(contract.columns[0].line == 9);
    CHECK(contract.columns[1].low == "0");
    CHECK(contract.columns[1].high == std::nullopt);
    CHECK(contract.columns[1].type == "numeric(10,2)");
    CHECK(contract.columns[2].matches == "^[^@]+@");
    CHECK_FALSE(contract.columns[2].has_range);
    CHECK(contract_of("      freshness: 1m\n").value().tables[0].contract.empty());
}

TEST_CASE("what is wrong with a contract is refused at its line") {
    const std::string where = "f.yaml:8: tables[0].contract.columns.v";
    CHECK(rule_error("ranges: [1, 2]") == where + ".ranges: unknown key, the nearest known key is range");
    CHECK(rule_error("range: [1]") ==
          where + ".range: has 1 items, allowed: [low, high], with null for a side that is open");
    CHECK(rule_error("range: 5") ==
          where + ".range: is a single value, allowed: [low, high], with null for a side that is open");
    CHECK(rule_error("range: [null, null]") ==
          where + ".range: is open on both sides, allowed: one bound or two");
    CHECK(rule_error("accepted_values: []") ==
          where + ".accepted_values: is empty, allowed: one value or several");
    CHECK(rule_error("accepted_values: [a, null]") ==
          where + ".accepted_values[1]: has no value, allowed: text");
    CHECK(rule_error("matches: '(a'") == where +
                                             ".matches: \"(a\" is no pattern: missing ): (a, allowed: RE2's "
                                             "syntax");
    CHECK(rule_error("matches: ''") == where + ".matches: is empty, allowed: an RE2 pattern");
    CHECK(rule_error("not_null: maybe") ==
          where + ".not_null: \"maybe\" is no such value, allowed: true, false");
    CHECK(contract_error("      columns: [v]\n")
              .find("f.yaml:7: tables[0].contract.columns: is a list, allowed: a "
                    "map of names to maps with the keys type, not_null, ") == 0);
    CHECK(contract_error("      columns:\n        v: 1\n")
              .find(where + ": is a single value, allowed: a map") == 0);
    CHECK(contract_error("      columns:\n        v: {}\n        v: {}\n") ==
          "f.yaml:9: tables[0].contract.columns.v: stands here twice, first in line 8, allowed: once");
    CHECK(
        contract_error("      on_violation: ignore\n") ==
        "f.yaml:7: tables[0].contract.on_violation: \"ignore\" is none of its values, allowed: dead_letter, "
        "warn, stop");
    CHECK(contract_error("      freshness: 0s\n").find("f.yaml:7: tables[0].contract.freshness: \"0s\"") ==
          0);
}
