#include <nlohmann/json.hpp>
#include <thread>

#include "tests/integration/shop.h"
#include "tests/integration/workload.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::seconds;

namespace {

std::string state_of(const Ferry& ferry, const std::string& table) {
    const nlohmann::json status = ferry.status();
    if (!status.is_object() || !status.contains("tables")) return "no status";
    for (const auto& entry : status["tables"])
        if (entry.value("name", "") == table) return entry.value("state", "");
    return "unknown table";
}

void finish_and_compare(Shop& shop, const std::set<std::string>& left_out = {}) {
    INFO(shop.ferry->log_tail());
    REQUIRE(shop.ferry->caught_up());
    REQUIRE(shop.ferry->stop() == Exit{0, 0});
    CHECK(shop.ferry->differences(left_out) == "");
}

}  // namespace

TEST_CASE("a table created later is found, copied and followed while the others stream", "[tables]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target);
    shop.sql(workload_tables_sql());
    Workload workload(shop.source, "shop", {.seed = 201, .large_rows = 0, .pause_ms = 20});
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    workload.start();
    shop.sql(
        "CREATE TABLE later (id integer PRIMARY KEY, v text); INSERT INTO later SELECT g, 'old' FROM "
        "generate_series(1, 20000) g");
    for (int round = 0; round < 50; ++round) {
        shop.sql("UPDATE later SET v = 'round " + std::to_string(round) +
                 "' WHERE id % 50 = " + std::to_string(round));
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    const bool found =
        eventually([&] { return state_of(*shop.ferry, "public.later") == "streaming"; }, seconds(30));
    shop.sql("UPDATE later SET v = 'last' WHERE id < 100");
    workload.stop();
    INFO(state_of(*shop.ferry, "public.later"));
    CHECK(found);
    finish_and_compare(shop);
}

TEST_CASE("a table taken out of the publication and put back is copied again", "[tables]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target);
    shop.sql(
        "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t SELECT g, 'old' FROM "
        "generate_series(1, 1000) g;"
        "CREATE TABLE u (id integer PRIMARY KEY)");
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    const char* change =
        "ALTER PUBLICATION walferry_shop DROP TABLE t; UPDATE t SET v = 'unseen' WHERE id < 500;"
        "DELETE FROM t WHERE id > 900; INSERT INTO u VALUES (1)";
    SECTION("while walferry runs") {
        shop.sql(change);
        std::this_thread::sleep_for(seconds(2));
        // It is walferry's own publication: it may have put the table back itself.
        shop.sql(
            "DO $$ BEGIN ALTER PUBLICATION walferry_shop ADD TABLE t; EXCEPTION WHEN duplicate_object THEN "
            "NULL; END $$; UPDATE t SET v = 'seen' WHERE id < 10");
        // The membership is looked at every 5 s at least.
        std::this_thread::sleep_for(seconds(6));
    }
    SECTION("while walferry is down") {
        REQUIRE(shop.ferry->stop() == Exit{0, 0});
        shop.sql(change);
        shop.sql("ALTER PUBLICATION walferry_shop ADD TABLE t; UPDATE t SET v = 'seen' WHERE id < 10");
        const Completed completed = shop.ferry->catch_up();
        INFO(completed.err);
        REQUIRE(completed.exit == Exit{});
        shop.ferry->start();
    }
    finish_and_compare(shop);
}

TEST_CASE("a table that somebody takes out of their publication is called excluded until it is back",
          "[tables]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target);
    shop.sql(
        "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old');"
        "CREATE TABLE u (id integer PRIMARY KEY); CREATE TABLE dropped (id integer PRIMARY KEY);"
        "CREATE PUBLICATION walferry_shop FOR TABLE t, u, dropped WITH (publish_via_partition_root = true)");
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    shop.sql("UPDATE t SET v = 'seen'");
    shop.sql("ALTER PUBLICATION walferry_shop DROP TABLE t; UPDATE t SET v = 'unseen'; DROP TABLE dropped");
    CHECK(eventually([&] { return state_of(*shop.ferry, "public.t") == "excluded"; }, seconds(30)));
    CHECK(eventually([&] { return state_of(*shop.ferry, "public.dropped") == "excluded"; }, seconds(30)));
    CHECK(state_of(*shop.ferry, "public.u") == "streaming");
    CHECK(shop.ferry->status().value("state", "") == "streaming");
    shop.sql("INSERT INTO u VALUES (1); ALTER PUBLICATION walferry_shop ADD TABLE t");
    CHECK(eventually([&] { return state_of(*shop.ferry, "public.t") == "streaming"; }, seconds(30)));
    finish_and_compare(shop, {"public.dropped"});
}

TEST_CASE("a table without usable identity stays out of the publication, so that the source's updates go on",
          "[tables]") {
    Shop shop(Target::DuckDb);
    shop.sql(
        "CREATE TABLE good (id integer PRIMARY KEY); CREATE TABLE keyless (v integer); INSERT INTO keyless "
        "VALUES (1);"
        "CREATE TABLE nothing (id integer PRIMARY KEY); ALTER TABLE nothing REPLICA IDENTITY NOTHING");
    shop.ferry->start();
    INFO(shop.ferry->log_tail());
    REQUIRE(eventually([&] { return state_of(*shop.ferry, "public.good") == "streaming"; }));
    CHECK(state_of(*shop.ferry, "public.keyless") == "excluded");
    CHECK(state_of(*shop.ferry, "public.nothing") == "excluded");
    shop.sql("UPDATE keyless SET v = 2; DELETE FROM keyless; INSERT INTO good VALUES (1)");
    finish_and_compare(shop, {"public.keyless", "public.nothing"});
}

TEST_CASE("rows that move between partitions, and partitions that come later, arrive at the root's table",
          "[tables]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target);
    shop.sql(
        "CREATE TABLE p (id integer, day date, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);"
        "CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');"
        "INSERT INTO p SELECT g, '2024-01-15', 'old' FROM generate_series(1, 100) g");
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    shop.sql(
        "CREATE TABLE p_2 PARTITION OF p FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');"
        "UPDATE p SET day = '2024-02-15', v = 'moved' WHERE id % 2 = 0; INSERT INTO p VALUES (1000, "
        "'2024-02-01', 'new')");
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    CHECK(shop.ferry->differences() == "");
    shop.sql("TRUNCATE p; INSERT INTO p VALUES (1, '2024-01-01', 'after')");
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    CHECK(shop.ferry->differences() == "");
}
