#include <fmt/format.h>

#include "tests/integration/duckdb_file.h"
#include "tests/integration/history_lines.h"
#include "tests/support/catch.h"

using namespace walferry::testing;

namespace {

using Lines = std::vector<std::string>;

struct ArrayShop : JudgedShop {
    explicit ArrayShop(Target of_target)
        : JudgedShop(
              of_target,
              "  - match: public.t\n    targets: [{ mode: upsert }, { mode: scd2 }, { mode: append }]\n",
              "{ max_rows: 2000 }", "", "types: { arrays: json }\n") {}

    /// These columns of the current rows, of current versions, and of the log's newest rows: once where they
    /// agree. Blanks of JSON, which jsonb adds, are left out.
    Lines seen(const std::string& columns) const {
        const TargetReader warehouse = reader();
        const auto without_blanks = [&](const std::string& rest) {
            Lines found = lines(warehouse, "SELECT " + columns + " FROM " + rest);
            for (std::string& line : found) std::erase(line, ' ');
            return found;
        };
        const Lines current = without_blanks("public.t");
        CHECK(without_blanks("public.t_history WHERE is_current") == current);
        CHECK(without_blanks(
                  "public.t_changes AS event WHERE _op <> 'd' AND NOT EXISTS (SELECT 1 FROM "
                  "public.t_changes AS later WHERE later.id = event.id AND (later._lsn > event._lsn OR "
                  "(later._lsn = event._lsn AND later._seq > event._seq)))") == current);
        return current;
    }
    void warehouse_sql(const std::string& statements) const {
        if (target == Target::DuckDb) {
            duckdb_execute(shop.ferry->duckdb_path(), statements);
        } else {
            shop.source.exec(statements, "warehouse");
        }
    }
};

}  // namespace

TEST_CASE("arrays are JSON in all targets, by copy, stream, replay and schema change", "[types]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    ArrayShop judged(target);
    judged.sql(
        "CREATE TYPE mood AS ENUM ('sad');"
        "CREATE TABLE t (id integer PRIMARY KEY, n integer[], s text[], j jsonb[], m mood[]);"
        "INSERT INTO t VALUES (1, '{{1,2},{3,NULL}}', '{a,\"b,c\",NULL}', ARRAY['{\"k\": 1}']::jsonb[], "
        "'{sad}'),"
        "(2, NULL, '{}', NULL, '{NULL}')");
    REQUIRE(judged.catch_up() == "");
    const Lines copied{R"(1|[[1,2],[3,null]]|["a","b,c",null]|[{"k":1}]|["sad"])", "2|NULL|[]|NULL|[null]"};
    CHECK(judged.seen("id, n, s, j, m") == copied);

    judged.sql(
        "UPDATE t SET n = '[5:6]={7,8}' WHERE id = 1; UPDATE t SET s = ARRAY['x', E'\\n\"'] WHERE id = 2;"
        "INSERT INTO t VALUES (3, '{9223}', '{z}', '{}', '{}'); DELETE FROM t WHERE id = 3");
    REQUIRE(judged.catch_up() == "");
    CHECK(judged.seen("id, n, s") == Lines{R"(1|[7,8]|["a","b,c",null])", R"(2|NULL|["x","\n\""])"});

    judged.sql(
        "ALTER TABLE t ADD COLUMN f double precision[] DEFAULT '{1.5,NaN}'; UPDATE t SET n = '{1}' WHERE id "
        "= 1");
    REQUIRE(judged.catch_up() == "");
    CHECK(lines(judged.reader(), "SELECT id, replace(CAST(f AS varchar), ' ', '') AS f FROM public.t") ==
          Lines{R"(1|[1.5,"NaN"])", R"(2|[1.5,"NaN"])"});
}

TEST_CASE("a dead letter of a row with arrays that are JSON is replayed into all targets", "[types]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    ArrayShop judged(target);
    judged.sql("CREATE TABLE t (id integer PRIMARY KEY, n integer[], v text)");
    // A target that somebody made.
    const bool duckdb = target == Target::DuckDb;
    judged.warehouse_sql(
        fmt::format("{}CREATE TABLE public.t (id integer, n {}, v {} CHECK (v <> 'bad'), _walferry_lsn {}, "
                    "_walferry_synced_at timestamp with time zone)",
                    duckdb ? "CREATE SCHEMA public; " : "", duckdb ? "JSON" : "jsonb",
                    duckdb ? "VARCHAR" : "text", duckdb ? "UBIGINT" : "pg_lsn"));
    REQUIRE(judged.catch_up() == "");
    judged.sql("INSERT INTO t VALUES (1, '{{1},{2}}', 'bad')");
    REQUIRE(judged.catch_up() == "");
    CHECK(lines(judged.reader(), "SELECT id FROM public.t").empty());
    if (duckdb) {
        judged.warehouse_sql(
            "CREATE TABLE u AS FROM public.t; DROP TABLE public.t; CREATE TABLE public.t AS FROM u");
    } else {
        judged.warehouse_sql("ALTER TABLE public.t DROP CONSTRAINT t_v_check");
    }
    const Completed replayed = run_walferry({"dlq", "replay", judged.shop.ferry->config()});
    INFO(replayed.out << replayed.err);
    CHECK(replayed.exit == Exit{});
    CHECK(judged.seen("id, n") == Lines{"1|[[1],[2]]"});
}
