#include <fmt/format.h>

#include <fstream>

#include "tests/integration/history_lines.h"
#include "tests/support/catch.h"

using namespace walferry::testing;

namespace {

using Lines = std::vector<std::string>;

constexpr const char* four_rows =
    "CREATE TABLE t (id integer PRIMARY KEY, v text, n integer, big text);"
    "ALTER TABLE t ALTER big SET STORAGE EXTERNAL;"
    "INSERT INTO t SELECT g, 'a', 0, repeat('1', 5000) FROM generate_series(1, 4) g";

constexpr const char* changes[] = {
    "DELETE FROM t WHERE id = 1",
    "INSERT INTO t VALUES (5, 'b', 1, repeat('2', 5000))",
    "DELETE FROM t WHERE id = 5",
    "UPDATE t SET id = 20 WHERE id = 2",
    "DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (3, 'c', 2, 'back')",
    "BEGIN; INSERT INTO t VALUES (6, 'd', 3, 'x'); DELETE FROM t WHERE id = 6; COMMIT",
};

std::string rule(const std::string& keys) {
    return "  - match: public.t\n    mode: upsert\n" + keys;
}

/// Applies the changes, all in one run or a run each: the outcome must not depend on the batches.
void change(const JudgedShop& judged, const std::vector<const char*>& statements, bool at_once) {
    for (const char* statement : statements) {
        judged.sql(statement);
        if (!at_once) REQUIRE(judged.catch_up() == "");
    }
    REQUIRE(judged.catch_up() == "");
}

}  // namespace

TEST_CASE("a soft delete leaves the row and says so, whatever the batches", "[removal]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    const int way = GENERATE(1, 2, 3);
    const char* batch = way == 1 ? "{ max_rows: 1 }" : "{ max_rows: 2000 }";
    const bool at_once = way != 3;
    INFO(name_of(target) << ", batch " << batch << (at_once ? ", all in one run" : ", a run each"));
    JudgedShop judged(target, rule("    on_delete: soft\n"), batch);
    judged.sql(four_rows);
    REQUIRE(judged.catch_up() == "");
    change(judged, {std::begin(changes), std::end(changes)}, at_once);
    const char* rows =
        "SELECT id, v, n, left(big, 1) AS big, CASE WHEN _walferry_deleted THEN 'gone' ELSE 'here' END AS "
        "state "
        "FROM public.t";
    CHECK(lines(judged.reader(), rows) == Lines{"1|a|0|1|gone", "20|a|0|1|here", "3|c|2|b|here",
                                                "4|a|0|1|here", "5|b|1|2|gone", "6|d|3|x|gone"});
    change(judged,
           {"INSERT INTO t VALUES (1, 'e', 4, 'again')", "TRUNCATE t",
            "INSERT INTO t VALUES (4, 'f', 5, 'new')"},
           at_once);
    CHECK(lines(judged.reader(), rows) == Lines{"1|e|4|a|gone", "20|a|0|1|gone", "3|c|2|b|gone",
                                                "4|f|5|n|here", "5|b|1|2|gone", "6|d|3|x|gone"});
}

TEST_CASE("deletes that are ignored leave the row as it was; a key that comes back replaces it",
          "[removal]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    const bool at_once = GENERATE(true, false);
    INFO(name_of(target) << (at_once ? ", all in one run" : ", a run each"));
    JudgedShop judged(target, rule("    on_delete: ignore\n    on_truncate: ignore\n"));
    judged.sql(four_rows);
    REQUIRE(judged.catch_up() == "");
    change(judged, {std::begin(changes), std::end(changes)}, at_once);
    change(judged, {"TRUNCATE t", "INSERT INTO t VALUES (4, 'f', 5, 'new')"}, at_once);
    CHECK(lines(judged.reader(), "SELECT id, v, n FROM public.t") ==
          Lines{"1|a|0", "20|a|0", "3|c|2", "4|f|5", "5|b|1", "6|d|3"});
}

TEST_CASE("a TRUNCATE empties a target whose deletes are ignored, unless it is ignored too", "[removal]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    JudgedShop judged(target, rule("    on_delete: ignore\n"));
    judged.sql(four_rows);
    REQUIRE(judged.catch_up() == "");
    change(judged, {"DELETE FROM t WHERE id = 1", "TRUNCATE t", "INSERT INTO t VALUES (9, 'g', 6, 'x')"},
           true);
    CHECK(lines(judged.reader(), "SELECT id, v FROM public.t") == Lines{"9|g"});
}

TEST_CASE("a table that is copied anew keeps its history and its log, and closes what vanished meanwhile",
          "[removal]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    JudgedShop judged(target,
                      "  - match: public.t\n    targets: [{ mode: upsert }, { mode: scd2, track: [v] }, { "
                      "mode: append }]\n");
    judged.sql(four_rows);
    REQUIRE(judged.catch_up() == "");
    judged.sql("UPDATE t SET v = 'b' WHERE id = 1");
    REQUIRE(judged.catch_up() == "");
    judged.sql(
        "ALTER PUBLICATION walferry_shop DROP TABLE t; UPDATE t SET v = 'unseen' WHERE id = 2;"
        "UPDATE t SET big = repeat('9', 5000) WHERE id = 3; DELETE FROM t WHERE id = 4; INSERT INTO t VALUES "
        "(5, 'new', 0);"
        "ALTER PUBLICATION walferry_shop ADD TABLE t");
    REQUIRE(judged.catch_up() == "");
    judged.sql("UPDATE t SET v = 'c' WHERE id = 3");  // leaves out the large value that no version has
    REQUIRE(judged.catch_up() == "");
    const TargetReader reader = judged.reader();
    CHECK(lines(reader, "SELECT id, v, left(big, 1) AS big FROM public.t") ==
          Lines{"1|b|1", "2|unseen|1", "3|c|9", "5|new|NULL"});
    CHECK(lines(reader,
                "SELECT id, v, left(big, 1) AS big, dense_rank() OVER (ORDER BY valid_from) - 1 AS since, "
                "CASE WHEN "
                "is_current THEN 'now' ELSE 'past' END AS state FROM public.t_history") ==
          Lines{"1|a|1|0|past", "1|b|1|1|now", "2|a|1|0|past", "2|unseen|1|2|now", "3|a|1|0|past",
                "3|c|9|3|now", "4|a|1|0|past", "5|new|NULL|2|now"});
    CHECK(lines(reader, "SELECT _op, count(*) AS events FROM public.t_changes GROUP BY _op") ==
          Lines{"r|8", "u|2"});
}

TEST_CASE("a target that is named anew is refused when it is somebody's table with rows", "[removal]") {
    JudgedShop judged(Target::Postgres, rule("    metadata: false\n    table: mine\n"));
    judged.sql("CREATE TABLE t (id integer PRIMARY KEY); INSERT INTO t VALUES (1)");
    REQUIRE(judged.catch_up() == "");
    const PgCluster& warehouse = judged.shop.source;
    warehouse.exec("CREATE TABLE theirs (id integer NOT NULL); INSERT INTO theirs VALUES (42)", "warehouse");
    const auto path = judged.shop.ferry->config();
    std::string config = read_file(path);
    config.replace(config.find("table: mine"), std::string("table: mine").size(), "table: theirs");
    std::ofstream(path) << config;
    const Completed refused = judged.shop.ferry->catch_up();
    INFO(refused.err);
    CHECK(refused.exit == Exit{3, 0});
    CHECK(refused.err.find("has rows that walferry did not put there") != std::string::npos);
    CHECK(warehouse.value("SELECT string_agg(id::text, ',') FROM theirs", "warehouse") == "42");
}
