#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tests/integration/duckdb_file.h"
#include "tests/integration/shop.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using nlohmann::json;

namespace {

constexpr const char* refused_rows_all_targets =
    "  - match: public.t\n    targets: [{ mode: upsert }, { mode: scd2 }, { mode: append }]\n";
constexpr const char* every_letter = "dead_letters: { max_rate: 1 }\n";

FerryOptions options_of(const std::string& tables, const std::string& more = every_letter,
                        const std::string& batch = "{ max_rows: 2000 }") {
    FerryOptions options;
    if (!tables.empty()) options.tables = tables;
    options.more = more;
    options.batch = batch;
    return options;
}

/// A source table t (id, v, big) and a target for it that somebody made, which refuses some rows: v = 'bad',
/// and a v that another row has where `unique`.
struct PickyShop : Shop {
    explicit PickyShop(Target kind, FerryOptions options = options_of(""), bool unique = false)
        : Shop(kind, std::move(options)), target(kind) {
        sql("CREATE TABLE t (id integer PRIMARY KEY, v text, big text); ALTER TABLE t ALTER big SET STORAGE "
            "EXTERNAL");
        const bool duckdb = kind == Target::DuckDb;
        warehouse_sql(fmt::format(
            "{}CREATE TABLE public.t (id integer, v {} CHECK (v <> 'bad'), big {}, _walferry_lsn {}, "
            "_walferry_synced_at timestamp with time zone){}",
            duckdb ? "CREATE SCHEMA public; " : "", duckdb ? "VARCHAR" : "text", duckdb ? "VARCHAR" : "text",
            duckdb ? "UBIGINT" : "pg_lsn", unique ? "; CREATE UNIQUE INDEX u ON public.t (v)" : ""));
        catch_up();
    }

    void warehouse_sql(const std::string& statements) const {
        if (target == Target::DuckDb)
            duckdb_execute(ferry->duckdb_path(), statements);
        else
            source.exec(statements, "warehouse");
    }
    void catch_up() const {
        const Completed completed = ferry->catch_up();
        INFO(completed.err);
        REQUIRE(completed.exit == Exit{});
    }
    void apply(const std::string& statements) const {
        sql(statements);
        catch_up();
    }
    std::string rows(const std::string& table = "t", const std::string& columns = "id || v") const {
        const std::string sql =
            fmt::format("SELECT string_agg({}, ' ' ORDER BY {}) FROM public.{}", columns, columns, table);
        return ferry->warehouse_value(sql);
    }
    std::string letters(const std::string& what = "op || coalesce(CAST(key AS text), '') || ' ' || state",
                        const std::string& where = "true") const {
        return ferry->warehouse_value(fmt::format(
            "SELECT string_agg({}, ', ' ORDER BY id) FROM walferry.dead_letter WHERE {}", what, where));
    }

    Target target;
};

}  // namespace

TEST_CASE("a row that the target refuses becomes a dead letter, alone, with its context", "[refused-rows]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    PickyShop shop(target);
    shop.apply("INSERT INTO t VALUES (1, 'a'), (2, 'bad'), (3, 'c')");
    CHECK(shop.rows() == "1a 3c");
    CHECK(shop.letters() == R"(c{"id":2} pending)");
    const json letter =
        json::parse(run_walferry({"dlq", "list", shop.ferry->config(), "--json"}).out, nullptr, false).at(0);
    INFO(letter.dump());
    CHECK(letter["stage"] == "apply");
    CHECK(letter["payload"]["after"] == json{{"id", 2}, {"v", "bad"}, {"big", nullptr}});
    CHECK(letter["error"].get<std::string>().find("CHECK") + 1 +
              letter["error"].get<std::string>().find("check") + 1 >
          0);
    CHECK(letter["seq"] == 1);
    CHECK(letter["table"] == "public.t");
    // A refused update leaves the old version standing, and a later one supersedes its letters.
    shop.apply("UPDATE t SET v = 'bad' WHERE id = 1");
    CHECK(shop.rows() == "1a 3c");
    CHECK(shop.letters() == R"(c{"id":2} pending, u{"id":1} pending)");
    shop.apply("UPDATE t SET v = 'b' WHERE id < 3");
    CHECK(shop.rows() == "1b 2b 3c");
    CHECK(shop.letters() == R"(c{"id":2} superseded, u{"id":1} superseded)");
    CHECK(shop.ferry->differences() == "");
    // So does a delete.
    shop.apply("INSERT INTO t VALUES (6, 'bad')");
    shop.apply("DELETE FROM t WHERE id = 6");
    CHECK(shop.letters("state", "state <> 'superseded'") == "");
    // And all that inside one batch.
    shop.apply(
        "INSERT INTO t VALUES (4, 'bad'); UPDATE t SET v = 'x' WHERE id = 4; INSERT INTO t VALUES (5, "
        "'bad'); DELETE FROM t WHERE id = 5; UPDATE t SET v = 'bad' WHERE id = 3; UPDATE t SET v = 'y' "
        "WHERE id IN (2, 3)");
    CHECK(shop.letters("state", "state = 'pending'") == "");
    CHECK(shop.ferry->differences() == "");
    shop.apply("UPDATE t SET v = 'bad'");
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM walferry.dead_letter WHERE state = 'pending'") ==
          "4");
    shop.apply("TRUNCATE t");
    CHECK(shop.letters("state", "state = 'pending'") == "");
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("a refused change of a key leaves no ghost under the old one", "[refused-rows]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    PickyShop shop(target);
    shop.apply("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
    shop.apply("UPDATE t SET id = 7, v = 'bad' WHERE id = 1");
    CHECK(shop.rows() == "2b");
    CHECK(shop.letters("op || CAST(before AS text) || CAST(key AS text)") == R"(u{"id":1}{"id":7})");
    shop.apply("UPDATE t SET id = 1, v = 'c' WHERE id = 7");
    CHECK(shop.letters() == R"(u{"id":7} superseded)");
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("a change that leaves out a value that only a letter has becomes a letter, too", "[refused-rows]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    PickyShop shop(target);
    shop.sql("INSERT INTO t VALUES (1, 'a', repeat('x', 9000)), (2, 'bad', repeat('y', 9000))");
    shop.catch_up();
    const bool same_batch = GENERATE(true, false);
    shop.sql("UPDATE t SET v = 'bad', big = repeat('z', 9000) WHERE id = 1");
    if (!same_batch) shop.catch_up();
    shop.apply("UPDATE t SET v = 'c'");  // big is unchanged: its value is nowhere in the target
    // In one batch the second makes up for the first: nobody has seen the refused version.
    CHECK(shop.rows("t", "id || v || left(big, 1)") == (same_batch ? "1cz" : "1ax"));
    CHECK(shop.letters("error_code", "CAST(key AS text) LIKE '%2%'").ends_with(", hollow"));
    CHECK(shop.letters("error_code", "CAST(key AS text) LIKE '%1%'").ends_with(same_batch ? "" : ", hollow"));
    shop.apply("UPDATE t SET big = repeat('w', 9000)");
    CHECK(shop.letters("state", "state <> 'superseded'") == "");
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("a row that is refused in the batch in which its table changes its shape is a letter, alone",
          "[refused-rows]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    PickyShop shop(target, options_of(refused_rows_all_targets));
    shop.apply("INSERT INTO t VALUES (1, 'a')");
    shop.apply(
        "BEGIN; INSERT INTO t VALUES (2, 'b'), (3, 'bad'); UPDATE t SET v = 'c' WHERE id = 1; ALTER TABLE t "
        "ADD COLUMN w integer DEFAULT 7; INSERT INTO t VALUES (4, 'bad', NULL, 8), (5, 'e', NULL, 9); "
        "COMMIT; ALTER TABLE t RENAME w TO x; INSERT INTO t VALUES (6, 'bad', NULL, 8)");
    CHECK(shop.rows("t", "id || v || x") == "1c7 2b7 5e9");
    CHECK(shop.letters() == R"(c{"id":3} pending, c{"id":4} pending, c{"id":6} pending)");
    CHECK(shop.rows("t_history", "id || v || x") == "1c7 2b7 3bad7 4bad8 5e9 6bad8");
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM public.t_changes") == "7");
    shop.apply("UPDATE t SET v = 'good' WHERE v = 'bad'");
    CHECK(shop.letters("state", "state = 'pending'") == "");
    CHECK(shop.rows("t", "id || v || x") == "1c7 2b7 3good7 4good8 5e9 6good8");
}

TEST_CASE("what a target's type can't represent is a letter, for each target", "[refused-rows]") {
    Shop shop(Target::DuckDb, options_of("  - match: public.n\n    targets: [{ mode: upsert }, { mode: scd2 "
                                         "}, { mode: append }]\n"));
    shop.sql("CREATE TABLE n (id integer PRIMARY KEY, v numeric(10,2), at timestamp)");
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    shop.sql("INSERT INTO n VALUES (1, 1.5), (2, 'NaN'), (3, 3), (4, 4)");
    shop.sql("UPDATE n SET v = 'NaN' WHERE id = 3; UPDATE n SET at = '294250-01-01' WHERE id = 4");
    const Completed completed = shop.ferry->catch_up();
    INFO(completed.err);
    REQUIRE(completed.exit == Exit{});
    const auto value = [&](const std::string& sql) { return shop.ferry->warehouse_value(sql); };
    CHECK(value("SELECT string_agg(id || '=' || v, ' ' ORDER BY id) FROM public.n") ==
          "1=1.50 3=3.00 4=4.00");
    CHECK(value("SELECT count(*) FROM public.n_history") == "3");
    CHECK(value("SELECT string_agg(id, ' ' ORDER BY id) FROM public.n_changes") == "1 3 4");
    CHECK(value("SELECT count(*) || stage FROM walferry.dead_letter GROUP BY stage") == "9map");
    shop.sql("UPDATE n SET v = id, at = NULL");
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    CHECK(value("SELECT string_agg(DISTINCT target_table || ' ' || state, ', ' ORDER BY target_table || ' ' "
                "|| state) FROM walferry.dead_letter") ==
          "public.n superseded, public.n_changes pending, public.n_history superseded");
    CHECK(value("SELECT count(*) FROM public.n_history WHERE is_current") == "4");
}

TEST_CASE("a unique index of somebody's on the target refuses just the rows that break it",
          "[refused-rows]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    PickyShop shop(target, options_of(""), true);
    shop.apply("INSERT INTO t SELECT g, 'v' || g FROM generate_series(1, 500) g");
    shop.apply(
        "INSERT INTO t SELECT g, CASE WHEN g IN (600, 777) THEN 'v7' ELSE 'v' || g END FROM "
        "generate_series(501, 1000) g");
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM public.t") == "998");
    CHECK(shop.letters() == R"(c{"id":600} pending, c{"id":777} pending)");
}

TEST_CASE("steps of a transaction that is larger than a batch lose only the refused rows", "[refused-rows]") {
    PickyShop shop(Target::Postgres, options_of(refused_rows_all_targets, every_letter, "{ max_rows: 100 }"));
    shop.apply(
        "INSERT INTO t SELECT g, CASE WHEN g % 97 = 0 THEN 'bad' ELSE 'v' || g END FROM "
        "generate_series(1, 1000) g; ");
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM public.t") == "990");
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM public.t_history") == "1000");
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM public.t_changes") == "1000");
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM walferry.dead_letter") == "10");
}

TEST_CASE("a value that DuckDB can't hold, in the midst of a large transaction, is a letter",
          "[refused-rows]") {
    Shop shop(Target::DuckDb, options_of(refused_rows_all_targets, every_letter, "{ max_rows: 100 }"));
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY, v numeric(10,2), a int[])");
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    shop.sql(
        "INSERT INTO t SELECT g, CASE WHEN g % 97 = 0 THEN 'NaN'::numeric ELSE g END, CASE WHEN g % 101 = 0 "
        "THEN '{{1,2}}'::int[] ELSE ARRAY[g] END FROM generate_series(1, 1000) g");
    const Completed completed = shop.ferry->catch_up();
    INFO(completed.err);
    REQUIRE(completed.exit == Exit{});
    for (const char* table : {"t", "t_history", "t_changes"})
        CHECK(shop.ferry->warehouse_value(fmt::format("SELECT count(*) FROM public.{}", table)) == "981");
    CHECK(shop.ferry->warehouse_value("SELECT count(*) || stage FROM walferry.dead_letter GROUP BY stage") ==
          "57map");
}

TEST_CASE("ten thousand refused rows in a batch of a hundred thousand are ten thousand letters",
          "[refused-rows]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    PickyShop shop(target, options_of("", every_letter, "{ max_rows: 200000 }"));
    shop.apply(
        "INSERT INTO t SELECT g, CASE WHEN g % 10 = 0 THEN 'bad' ELSE 'v' END FROM generate_series(1, "
        "100000) g");
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM public.t") == "90000");
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM walferry.dead_letter") == "10000");
    shop.apply("UPDATE t SET v = 'good'");
    CHECK(shop.letters("state", "state <> 'superseded'") == "");
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM public.t WHERE v = 'good'") == "100000");
}

TEST_CASE("too many refused rows stop the pipeline, and nothing of the batch is applied", "[refused-rows]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    PickyShop shop(target, options_of("", ""));
    shop.sql(
        "INSERT INTO t SELECT g, CASE WHEN g % 10 = 0 THEN 'bad' ELSE 'v' END FROM generate_series(1, "
        "1900) g");
    const Completed stopped = shop.ferry->catch_up();
    INFO(stopped.err);
    CHECK(stopped.exit == Exit{3, 0});
    CHECK(stopped.err.find("dead_letters.max_rate") != std::string::npos);
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM public.t") == "0");
    CHECK(shop.letters() == "");
}

TEST_CASE("rows that a first copy can't bring over are letters, and what changed meanwhile finds them",
          "[refused-rows]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target, options_of("  - match: public.t\n    targets: [{ mode: upsert }, { mode: scd2 }]\n"));
    const bool duckdb = target == Target::DuckDb;
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY, v text, n numeric(10,2), big text)");
    shop.sql(
        "INSERT INTO t SELECT g, CASE WHEN g % 1000 = 7 THEN 'bad' ELSE 'v' END, CASE WHEN g = 3000 THEN "
        "'NaN'::numeric ELSE 1 END FROM generate_series(1, 5000) g");
    const std::string made = fmt::format(
        "{}CREATE TABLE public.t (id integer, v {} CHECK (v <> 'bad'), n {}(10,2), big {}, _walferry_lsn {}, "
        "_walferry_synced_at timestamp with time zone)",
        duckdb ? "CREATE SCHEMA public; " : "", duckdb ? "VARCHAR" : "text", duckdb ? "DECIMAL" : "numeric",
        duckdb ? "VARCHAR" : "text", duckdb ? "UBIGINT" : "pg_lsn");
    if (duckdb)
        duckdb_execute(shop.ferry->duckdb_path(), made);
    else
        shop.source.exec(made, "warehouse");
    const Completed copied = shop.ferry->catch_up();
    INFO(copied.err);
    REQUIRE(copied.exit == Exit{});
    const auto value = [&](const std::string& sql) { return shop.ferry->warehouse_value(sql); };
    CHECK(value("SELECT count(*) FROM public.t") == (duckdb ? "4994" : "4995"));
    CHECK(value("SELECT count(*) FROM public.t_history") == (duckdb ? "4999" : "5000"));
    CHECK(value("SELECT string_agg(target_table || op || stage || CAST(key AS text), ' ' ORDER BY id) FROM "
                "walferry.dead_letter WHERE CAST(after AS text) LIKE '%\"id\":1007,%'") ==
          "public.trapply{\"id\":1007}");
    CHECK(value("SELECT count(*) FROM walferry.dead_letter WHERE stage = 'map'") == (duckdb ? "2" : "0"));
    CHECK(shop.ferry->status()["dead_letters"] == (duckdb ? 7 : 5));
    shop.sql("UPDATE t SET v = 'good', n = 2");
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    CHECK(value("SELECT count(*) FROM walferry.dead_letter WHERE state = 'pending'") == "0");
    CHECK(shop.ferry->differences({"t_history"}) == "");
}
