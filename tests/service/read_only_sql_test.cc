#include "service/read_only_sql.h"

#include "tests/support/catch.h"
#include "warehouse/duckdb/duckdb_warehouse.h"

using namespace walferry;

TEST_CASE("what reads is a query, also after comments and parentheses") {
    for (const char* sql :
         {"SELECT 1", "select 1;", "  -- why\n/* x */ WITH a AS (SELECT 1) FROM a", "FROM t", "((SELECT 1))",
          "TABLE t", "VALUES (1)", "DESCRIBE t", "SHOW TABLES", "SUMMARIZE t", "EXPLAIN SELECT 1",
          "EXPLAIN ANALYZE SELECT 1", "explain (format json) select 1"}) {
        INFO(sql);
        CHECK_FALSE(query_problem(sql));
    }
}

TEST_CASE("what changes anything is no query") {
    for (const char* sql :
         {"", " ; ", "-- only a comment", "INSERT INTO t VALUES (1)", "COPY t TO '/tmp/x'", "SET threads = 8",
          "ATTACH 'x'", "LOAD httpfs", "PRAGMA version", "CALL f()", "BEGIN", "COMMIT", "CHECKPOINT",
          "EXPLAIN ANALYZE COPY t TO '/tmp/x'", "EXPLAIN (ANALYZE) INSERT INTO t VALUES (1)",
          "CREATE TEMP TABLE t (i int)", "EXPORT DATABASE 'x'"}) {
        INFO(sql);
        CHECK(query_problem(sql));
    }
}

TEST_CASE("a query of a DuckDB that is being written reads, and can't do anything else") {
    auto warehouse = open_duckdb_warehouse({.path = ":memory:"});
    REQUIRE(warehouse);
    auto session = warehouse.value()->connect();
    REQUIRE(session);
    REQUIRE(session.value()->execute("CREATE TABLE t AS SELECT i, 'x' AS v FROM range(10) r(i)"));
    REQUIRE(close_off(*session.value(), WarehouseKind::DuckDb));
    REQUIRE(close_off(*session.value(), WarehouseKind::DuckDb));
    const auto ask = [&](const std::string& sql, const SqlLimits& limits = {}) {
        return run_read_only(*session.value(), WarehouseKind::DuckDb, sql, limits, {});
    };
    const auto ordered = ask("SELECT i, v FROM t ORDER BY i DESC;\n", {std::nullopt, 10});
    REQUIRE(ordered);
    CHECK(ordered.value().columns == std::vector<std::string>{"i", "v"});
    REQUIRE(ordered.value().rows.size() == 10);
    CHECK(ordered.value().rows[0][0] == "9");
    CHECK(ask("DESCRIBE t"));
    CHECK(ask("EXPLAIN SELECT * FROM t"));
    CHECK_FALSE(ask("SELECT 1; SELECT 2"));
    CHECK_FALSE(ask("SELECT 1) AS a; DROP TABLE t; SELECT * FROM (SELECT 1", {std::nullopt, 10}));
    CHECK_FALSE(ask("WITH a AS (SELECT 1) INSERT INTO t SELECT 1, 'y'"));
    CHECK_FALSE(ask("SELECT * FROM read_text('/etc/hostname')"));
    CHECK_FALSE(ask("SELECT * FROM glob('/*')"));
    const auto many = ask("FROM t", {std::nullopt, 9});
    REQUIRE_FALSE(many);
    CHECK(many.error().message.find("more than 9 rows") != std::string::npos);
    CHECK(ask("SELECT count(*) FROM t").value().rows[0][0] == "10");
    CHECK(session.value()->execute("INSERT INTO t VALUES (100, 'still writable')"));
    // Not even past the rules of what a query is.
    for (const char* sql : {"SET GLOBAL enable_external_access = true", "SET lock_configuration = false",
                            "SET memory_limit = '10GB'", "COPY t TO '/tmp/walferry_t.csv'",
                            "ATTACH '/tmp/x.duckdb'", "INSTALL httpfs"}) {
        INFO(sql);
        CHECK_FALSE(session.value()->execute(sql));
    }
    CHECK(warehouse.value()->connect().value()->execute("CREATE TABLE later AS FROM t; CHECKPOINT"));
}

TEST_CASE("a query that takes too long is ended, and so is one that is asked to stop") {
    auto warehouse = open_duckdb_warehouse({.path = ":memory:"});
    REQUIRE(warehouse);
    const std::string endless =
        "SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range + b.range = 7";
    SECTION("time") {
        auto session = warehouse.value()->connect();
        const auto result = run_read_only(*session.value(), WarehouseKind::DuckDb, endless,
                                          {std::chrono::milliseconds(100), std::nullopt}, {});
        REQUIRE_FALSE(result);
        CHECK(result.error().kind == ErrorKind::Cancelled);
    }
    SECTION("stop") {
        auto session = warehouse.value()->connect();
        std::stop_source stop;
        stop.request_stop();
        const auto result = run_read_only(*session.value(), WarehouseKind::DuckDb, endless,
                                          {std::chrono::seconds(30), std::nullopt}, stop.get_token());
        REQUIRE_FALSE(result);
        CHECK(result.error().kind == ErrorKind::Cancelled);
    }
}
