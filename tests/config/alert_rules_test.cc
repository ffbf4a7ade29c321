#include <fmt/format.h>

#include "config/config.h"
#include "config/config_changes.h"
#include "tests/support/catch.h"

using namespace walferry;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

namespace {

std::string file_with(const std::string& alerts) {
    return "source: { postgres: { connection: dbname=shop } }\n"
           "warehouse: { duckdb: { path: shop.duckdb } }\n"
           "tables: [ { match: '*', mode: upsert } ]\n"
           "alerts:\n" +
           alerts;
}

std::string alerts_error(const std::string& alerts) {
    const auto config = parse_config(file_with(alerts), "f.yaml");
    return config ? "no error" : config.error().message;
}

AlertCondition condition_of(const std::string& when) {
    const auto config =
        parse_config(file_with(fmt::format("  - {{ when: \"{}\", exec: 'true' }}\n", when)), "f.yaml");
    INFO(when);
    REQUIRE(config);
    return config.value().alerts.at(0).condition;
}

const std::string names =
    "lag_seconds, lag_bytes, retained_wal_bytes, safe_wal_bytes, dead_letters, outbox_pending, "
    "verify_mismatches, freshness_seconds, not_streaming_seconds, failed_tables, failed";

}  // namespace

TEST_CASE("a condition is a name, a comparison and a number, with or without blanks") {
    using Q = AlertQuantity;
    using C = AlertComparison;
    CHECK(condition_of("lag_seconds > 60") == AlertCondition{Q::LagSeconds, C::Greater, 60});
    CHECK(condition_of("lag_bytes>=1e9") == AlertCondition{Q::LagBytes, C::GreaterOrEqual, 1e9});
    CHECK(condition_of("  safe_wal_bytes  <  0.5 ") == AlertCondition{Q::SafeWalBytes, C::Less, 0.5});
    CHECK(condition_of("retained_wal_bytes <= 3") == AlertCondition{Q::RetainedWalBytes, C::LessOrEqual, 3});
    CHECK(condition_of("failed == 1") == AlertCondition{Q::Failed, C::Equal, 1});
    CHECK(condition_of("dead_letters!=-0") == AlertCondition{Q::DeadLetters, C::NotEqual, 0});
}

TEST_CASE("an alert has a name, and what is not said has a default") {
    const auto config =
        parse_config(file_with("  - when: failed > 0\n    webhook: https://hooks.example.com/x\n"
                               "  - { when: lag_seconds > 9, name: late, for: 2m, exec: page, repeat: 0s, "
                               "runbook: 'https://wiki/late' }\n"),
                     "f.yaml");
    REQUIRE(config);
    const auto& alerts = config.value().alerts;
    REQUIRE(alerts.size() == 2);
    CHECK(alerts[0].name == "failed > 0");
    CHECK(alerts[0].webhook == "https://hooks.example.com/x");
    CHECK(alerts[0].hold_time == milliseconds(0));
    CHECK(alerts[0].repeat == hours(4));
    CHECK(alerts[1].name == "late");
    CHECK(alerts[1].hold_time == minutes(2));
    CHECK(alerts[1].command == "page");
    CHECK(alerts[1].repeat == milliseconds(0));
    CHECK(alerts[1].runbook == "https://wiki/late");
}

TEST_CASE("a condition that is none says what is allowed, and a wrong name which one is near") {
    const std::string form =
        " is no condition, allowed: NAME OP NUMBER such as lag_seconds > 60, with OP one of >, >=, <, <=, "
        "==, != "
        "and NAME one of " +
        names;
    for (const std::string when :
         {"lag_seconds", "lag_seconds >", "lag_seconds => 5", "lag_seconds > 5s", "lag_seconds > nan",
          "lag_seconds > inf", "> 5", "5 < lag_seconds", "", "lag_seconds > 5 6", "lag_seconds > 1e999"}) {
        CHECK(alerts_error(fmt::format("  - {{ when: \"{}\", exec: 'true' }}\n", when)) ==
              fmt::format("f.yaml:5: alerts[0].when: \"{}\"{}", when, form));
    }
    CHECK(alerts_error("  - { when: lag_secs > 5, exec: 'true' }\n") ==
          "f.yaml:5: alerts[0].when: there is no \"lag_secs\", the nearest known name is lag_seconds, "
          "allowed: " +
              names);
}

TEST_CASE("an alert tells exactly one, and whatever else is wrong with it is told by its line") {
    CHECK(alerts_error("  - { when: failed > 0 }\n").find("f.yaml:5: alerts[0]:") == 0);
    CHECK(alerts_error("  - { when: failed > 0, exec: 'true', webhook: 'http://h/' }\n").find("f.yaml:5: ") ==
          0);
    CHECK(alerts_error("  - exec: 'true'\n").find("f.yaml:5: alerts[0].when: is missing") == 0);
    CHECK(alerts_error("  - { when: failed > 0, webhook: 'ftp://h/' }\n") ==
          "f.yaml:5: alerts[0].webhook: is no such URL, allowed: http://HOST[:PORT]/PATH or the same with "
          "https, without user and fragment");
    CHECK(alerts_error("  - { when: failed > 0, exec: ' ' }\n") ==
          "f.yaml:5: alerts[0].exec: is empty, allowed: a command of /bin/sh");
    CHECK(alerts_error("  - { when: failed > 0, exec: 'true', secret: s }\n") ==
          "f.yaml:5: alerts[0].secret: signs a webhook and there is none, allowed: with webhook");
    CHECK(alerts_error("  - { when: outbox_pending > 0, exec: 'true' }\n") ==
          "f.yaml:5: alerts[0].when: outbox_pending needs an outbox, allowed: with a section outbox");
    CHECK(alerts_error("  - { when: failed > 0, exec: a }\n  - { when: failed > 0, exec: b }\n") ==
          "f.yaml:6: alerts[1]: alerts[0] is called \"failed > 0\" too, allowed: a name of its own by the "
          "key name");
    CHECK(alerts_error("  - { when: failed > 0, exec: a, to: b }\n")
              .find("f.yaml:5: alerts[0].to: unknown key") == 0);
    std::string many;
    for (int i = 0; i < 101; ++i) many += fmt::format("  - {{ when: lag_seconds > {}, exec: 'true' }}\n", i);
    CHECK(alerts_error(many) == "f.yaml:4: alerts: has 101 items, allowed: up to 100");
}

TEST_CASE("alerts can change while the pipeline runs") {
    const auto changed = changed_keys(file_with("  - { when: failed > 0, exec: a }\n"),
                                      file_with("  - { when: failed > 0, exec: b }\n"));
    CHECK(changed == std::vector<std::string>{"alerts"});
    CHECK(is_reloadable("alerts"));
}
