#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tests/integration/history_lines.h"
#include "tests/integration/refusal.h"
#include "tests/support/catch.h"

using namespace walferry::testing;

namespace {

using Lines = std::vector<std::string>;

constexpr const char* history_restart_three_targets =
    "  - match: public.*\n    targets: [ { mode: upsert }, { mode: scd2 }, { mode: append } ]\n";

constexpr const char* history_restart_table_sql =
    "CREATE TABLE t (id integer PRIMARY KEY, v text, n integer, big text);"
    "ALTER TABLE t ALTER big SET STORAGE EXTERNAL;"
    "INSERT INTO t SELECT g, 'copied', 0, repeat('1', 3000) FROM generate_series(1, 20) g";

/// Five transactions that differ from round to round.
void change(const JudgedShop& judged, int round) {
    const int id = 1 + round % 20;
    judged.sql(fmt::format("UPDATE t SET n = {} WHERE id <= 20", round));
    judged.sql(fmt::format(
        "BEGIN; DELETE FROM t WHERE id = {0}; INSERT INTO t VALUES ({0}, 'round {1}'); COMMIT", id, round));
    judged.sql(fmt::format("UPDATE t SET id = -id WHERE id = {}", id));
    judged.sql(fmt::format("UPDATE t SET id = -id, v = v || '!' WHERE id = -{}", id));
    judged.sql(fmt::format("INSERT INTO t VALUES ({}, 'new')", 1000 + round));
}

/// All rows of all targets, walferry's time of apply aside.
Lines all_rows(const JudgedShop& judged) {
    const TargetReader reader = judged.reader();
    Lines all = lines(reader, "SELECT id, v, n, big, _walferry_lsn FROM public.t");
    for (const char* table : {"public.t_history", "public.t_changes"})
        for (std::string& line : lines(reader, std::string("SELECT * FROM ") + table))
            all.push_back(std::move(line));
    return all;
}

}  // namespace

TEST_CASE("runs that end by SIGKILL or SIGTERM and begin again neither double nor lose a version or an event",
          "[history]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    JudgedShop judged(target, history_restart_three_targets, "{ max_rows: 50 }");
    judged.sql(history_restart_table_sql);
    Ferry& ferry = *judged.shop.ferry;
    ferry.start();
    REQUIRE(ferry.all_tables_are("streaming"));
    constexpr int rounds = 24;
    for (int round = 0; round < rounds; ++round) {
        change(judged, round);
        if (round % 6 == 5) {
            REQUIRE(ferry.all_tables_are("streaming"));  // it knows what SIGTERM means by now
            REQUIRE(ferry.stop() == Exit{0, 0});
            ferry.start();
        } else if (round % 2 == 0) {
            ferry.kill();
            ferry.start();
        }
    }
    REQUIRE(ferry.caught_up());
    INFO(ferry.log_tail());
    REQUIRE(ferry.stop() == Exit{0, 0});
    const TargetReader reader = judged.reader();
    CHECK(lines(reader, "SELECT _op, count(*) AS events FROM public.t_changes GROUP BY _op") ==
          Lines{"c|48", "d|24", "r|20", fmt::format("u|{}", rounds * 22)});
    CHECK(lines(reader,
                "SELECT _lsn, _seq FROM public.t_changes WHERE _op <> 'r' GROUP BY _lsn, _seq HAVING "
                "count(*) > 1") == Lines{});
    CHECK(lines(reader, "SELECT id FROM public.t_history WHERE is_current GROUP BY id HAVING count(*) > 1") ==
          Lines{});
    CHECK(judged.verdict("public.t") == "");
    CHECK(ferry.differences() == "");
}

TEST_CASE("a slot that stands at an older position again changes no row of history and log", "[history]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    JudgedShop judged(target, history_restart_three_targets);
    judged.sql(history_restart_table_sql);
    REQUIRE(judged.catch_up() == "");
    judged.sql("SELECT pg_copy_logical_replication_slot('walferry_shop', 'older')");
    for (int round = 0; round < 10; ++round) change(judged, round);
    REQUIRE(judged.catch_up() == "");
    const Lines before = all_rows(judged);
    judged.sql(drop_free_slot);
    judged.sql("SELECT pg_copy_logical_replication_slot('older', 'walferry_shop')");
    REQUIRE(judged.catch_up() == "");
    CHECK(all_rows(judged) == before);
    change(judged, 10);
    REQUIRE(judged.catch_up() == "");
    CHECK(judged.verdict("public.t") == "");
}

TEST_CASE("a crash of the source, which may set its slot back, doubles nothing in history and log",
          "[history]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    PgCluster source({.fsync = true});
    source.create_database("shop");
    PgCluster warehouse;
    warehouse.create_database("warehouse");
    FerryOptions options{.tables = history_restart_three_targets};
    if (target == Target::Postgres) options.warehouse.emplace(PgDatabase{warehouse, "warehouse"});
    Ferry ferry(source, "shop", options);
    SourceLog log({source, "shop"});
    source.exec(history_restart_table_sql, "shop");
    REQUIRE(ferry.catch_up().exit == Exit{});
    for (int round = 0; round < 5; ++round) {
        source.exec(fmt::format("UPDATE t SET n = {} + 1", round), "shop");
        REQUIRE(ferry.catch_up().exit == Exit{});
        source.restart(StopMode::Immediate);
    }
    REQUIRE(ferry.catch_up().exit == Exit{});
    const TargetReader reader = target == Target::Postgres ? TargetReader(PgDatabase{warehouse, "warehouse"})
                                                           : TargetReader(ferry.duckdb_path());
    CHECK(lines(reader, "SELECT _op, count(*) AS events FROM public.t_changes GROUP BY _op") ==
          Lines{"r|20", "u|100"});
    CHECK(
        lines(reader,
              "SELECT v, count(*) AS versions, count(valid_to) AS closed FROM public.t_history GROUP BY v") ==
        Lines{"copied|120|100"});
    log.read();
    Judge judge(log, reader);
    CHECK(judge.default_target_differences("public.t") == "");
}
