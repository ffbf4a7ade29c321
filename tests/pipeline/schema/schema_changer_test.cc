#include <fmt/format.h>

#include "tests/pipeline/schema/follower.h"
#include "tests/support/catch.h"

namespace walferry::testing {

namespace {
using Lines = std::vector<std::string>;
}

TEST_CASE(
    "a new column with a default is in all rows of the table, in the current versions of its history, and in "
    "the new rows of its log") {
    Follower follower(each_kind());
    follower.sql(table_sql);
    follower.copy();
    follower.sql("UPDATE t SET v = 'first' WHERE id = 1");
    follower.sql(
        "ALTER TABLE t ADD COLUMN w int DEFAULT 7, ADD COLUMN since timestamptz DEFAULT '2001-02-03 "
        "04:05:06+00', ADD "
        "COLUMN plain text");
    follower.sql("UPDATE t SET v = 'second', w = 8 WHERE id = 1; INSERT INTO t VALUES (6, 'new', 6)");
    must(follower.follow());
    CHECK_FALSE(follower.needs_copy());
    check_equal(follower, "id, v, n, w, plain");
    CHECK(follower.rows("SELECT count(*) FROM target.t WHERE since = '2001-02-03 04:05:06+00'") ==
          Lines{"6"});
    CHECK(follower.rows("SELECT id, v, w FROM target.t_history WHERE NOT is_current ORDER BY id, v") ==
          Lines{"1|copied|NULL", "1|first|7"});
    CHECK(follower.rows("SELECT count(*) FROM target.t_history") == Lines{"8"});
    CHECK(follower.rows("SELECT id, v, w FROM target.t_changes WHERE _op <> 'r' ORDER BY _lsn, _seq") ==
          Lines{"1|first|NULL", "1|second|8", "6|new|7"});
    REQUIRE(follower.notices.size() == 3);
    CHECK(follower.notices[0].kind == "schema_changed");
    CHECK(follower.notices[2].target_table == "target.t_changes");
    CHECK(follower.rows("SELECT version FROM walferry.schema_history ORDER BY version") == Lines{"1", "2"});
}

TEST_CASE("several changes in one transaction, with rows between them, and many transactions in one commit") {
    Follower follower(each_kind());
    const bool at_once = GENERATE(false, true);
    INFO("at once: " << at_once);
    follower.sql(table_sql);
    follower.copy();
    follower.sql("UPDATE t SET n = n + 100 WHERE id > 3; DELETE FROM t WHERE id = 2");
    follower.sql(
        "BEGIN; UPDATE t SET v = 'a' WHERE id = 1; ALTER TABLE t ADD COLUMN w int DEFAULT 7;"
        "UPDATE t SET v = 'b' WHERE id = 1; INSERT INTO t VALUES (10, 'x', 1, 1);"
        "ALTER TABLE t RENAME n TO m; UPDATE t SET m = -1 WHERE id = 3; DELETE FROM t WHERE id = 4;"
        "ALTER TABLE t DROP COLUMN v; UPDATE t SET m = -2 WHERE id = 5; INSERT INTO t VALUES (11, 2, 3); "
        "COMMIT");
    follower.sql("ALTER TABLE t ADD COLUMN z text DEFAULT 'z'; UPDATE t SET w = 9 WHERE id = 11");
    must(follower.follow(at_once));
    CHECK_FALSE(follower.needs_copy());
    check_equal(follower, "id, m, w, z");
    CHECK(follower.rows("SELECT id, v FROM target.t ORDER BY id") ==
          Lines{"1|b", "3|copied", "5|NULL", "10|x", "11|NULL"});
    CHECK(follower.columns("t") == "id v m _walferry_lsn _walferry_synced_at w z");
}

TEST_CASE("a dropped column stays and is NULL from then on, or is dropped where the rule says so") {
    const WarehouseKind kind = each_kind();
    const bool drop = GENERATE(false, true);
    Follower follower(
        kind, std::string("targets: [ { mode: upsert }, { mode: scd2 }, { mode: append } ]\n    on_drop: ") +
                  (drop ? "drop" : "keep"));
    follower.sql(table_sql);
    follower.copy();
    follower.sql("ALTER TABLE t DROP COLUMN v; UPDATE t SET n = 0 WHERE id = 1; INSERT INTO t VALUES (6, 6)");
    must(follower.follow());
    check_equal(follower, "id, n");
    if (drop) {
        CHECK(follower.type("t", "v") == "none");
        CHECK(follower.type("t_history", "v") == "none");
        CHECK(follower.type("t_changes", "v") == "none");
        return;
    }
    CHECK(follower.rows("SELECT id, v FROM target.t WHERE id IN (1, 2, 6) ORDER BY id") ==
          Lines{"1|NULL", "2|copied", "6|NULL"});
    CHECK(follower.rows("SELECT v FROM target.t_history WHERE id = 1 ORDER BY is_current") ==
          Lines{"copied", "NULL"});

    SECTION("and another column can take its name") {
        follower.sql("ALTER TABLE t ADD COLUMN v int DEFAULT 5; UPDATE t SET n = 1 WHERE id = 2");
        must(follower.follow());
        CHECK_FALSE(follower.needs_copy());
        check_equal(follower, "id, n, v");
        CHECK(follower.rows("SELECT id, v_dropped_2 FROM target.t WHERE id < 4 ORDER BY id") ==
              Lines{"1|NULL", "2|NULL", "3|copied"});
    }
    SECTION("also after a restart, and in a table that is copied anew") {
        follower.restart();
        follower.copy();
        follower.sql("UPDATE t SET n = 1 WHERE id = 3");
        must(follower.follow());
        check_equal(follower, "id, n");
        CHECK(follower.rows("SELECT v FROM target.t WHERE id = 3") == Lines{"NULL"});
        must(follower.session().execute("UPDATE walferry.table_state SET state = 'failed'"));
        follower.restart();
        follower.copy();
        follower.sql("UPDATE t SET n = 2 WHERE id = 3");
        must(follower.follow());
        check_equal(follower, "id, n");
        CHECK(follower.type("t", "v") != "none");
    }
}

TEST_CASE("renamed columns keep their values, also when they swap names") {
    Follower follower(each_kind());
    follower.sql(
        "CREATE TABLE t (id int PRIMARY KEY, a text, b text, \"Ä b\" int);"
        "INSERT INTO t SELECT g, 'a' || g, 'b' || g, g FROM generate_series(1, 3) g");
    follower.copy();
    follower.sql(
        "BEGIN; ALTER TABLE t RENAME a TO x; ALTER TABLE t RENAME b TO a; ALTER TABLE t RENAME x TO b;"
        "ALTER TABLE t RENAME \"Ä b\" TO \"A\"; COMMIT; UPDATE t SET a = 'new' WHERE id = 1");
    if (follower.control().kind == WarehouseKind::DuckDb) {
        const Status refused = follower.follow();  // DuckDB takes a and A for the same name
        REQUIRE(refused.has_error());
        CHECK(refused.error().kind == ErrorKind::Schema);
        return;
    }
    must(follower.follow());
    check_equal(follower, "id, a, b, \"A\"");
    CHECK(follower.rows("SELECT count(*) FROM target.t_history") == Lines{"4"});
}

TEST_CASE("the key's column can be renamed") {
    Follower follower(each_kind());
    follower.sql(table_sql);
    follower.copy();
    follower.sql(
        "ALTER TABLE t RENAME id TO key; UPDATE t SET v = 'x' WHERE key = 1; DELETE FROM t WHERE key = 2;"
        "INSERT INTO t VALUES (9, 'y', 9)");
    must(follower.follow());
    CHECK_FALSE(follower.needs_copy());
    CHECK(follower.rows("SELECT key, v, n FROM target.t ORDER BY key") ==
          follower.source_rows("SELECT key, v, n FROM t ORDER BY key"));
}

TEST_CASE("types widen in place; a rewritten table is copied anew after it") {
    Follower follower(each_kind());
    follower.sql(
        "CREATE TABLE t (id int PRIMARY KEY, s varchar(5), i int, d numeric(8,2), f real);"
        "INSERT INTO t VALUES (1, 'abc', 1, 1.25, 0.5), (2, 'def', 2, 2.5, 1.5)");
    follower.copy();
    SECTION("a longer varchar needs no copy") {
        follower.sql(
            "ALTER TABLE t ALTER s TYPE varchar(20); UPDATE t SET s = 'longer than five' WHERE id = 1");
        must(follower.follow());
        CHECK_FALSE(follower.needs_copy());
        check_equal(follower, "id, s, i, d");
        CHECK(follower.state("t") == "streaming");
    }
    SECTION("a rewrite does") {
        follower.sql("UPDATE t SET i = 3 WHERE id = 2");
        follower.sql(
            "ALTER TABLE t ALTER i TYPE bigint USING i * 10, ALTER d TYPE numeric(12,2), ALTER f TYPE float8;"
            "UPDATE t SET i = 5000000000 WHERE id = 1");
        must(follower.follow());
        CHECK(follower.needs_copy());
        CHECK(follower.state("t") == "failed");
        CHECK(follower.rows("SELECT id, i, d FROM target.t ORDER BY id") ==
              Lines{"1|5000000000|1.25", "2|3|2.50"});
        follower.restart();
        follower.copy();
        check_equal(follower, "id, s, i, d, f");
        CHECK(follower.rows("SELECT i FROM target.t_history WHERE id = 2 ORDER BY valid_from") ==
              Lines{"2", "3", "30"});
        CHECK(follower.state("t") == "streaming");
        follower.restart();
        follower.copy();
        CHECK(follower.state("t") == "streaming");  // once is enough
    }
}

TEST_CASE("a type to which values can't be altered makes another column, and the old one stays") {
    Follower follower(each_kind());
    follower.sql("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, '10'), (2, '20')");
    follower.copy();
    follower.sql("ALTER TABLE t ALTER v TYPE int USING v::int + 1; INSERT INTO t VALUES (3, 30)");
    must(follower.follow());
    CHECK(follower.needs_copy());
    follower.restart();
    follower.copy();
    check_equal(follower, "id, v");
    CHECK(follower.rows("SELECT v, v_dropped_2 FROM target.t_history WHERE id = 1 ORDER BY is_current") ==
          Lines{"NULL|10", "11|NULL"});
    follower.sql("UPDATE t SET v = 99 WHERE id = 1");
    must(follower.follow());
    check_equal(follower, "id, v");
}

TEST_CASE("a volatile default rewrites the rows, so that the table is copied anew") {
    Follower follower(each_kind());
    follower.sql(table_sql);
    follower.copy();
    follower.sql(
        "ALTER TABLE t ADD COLUMN u uuid DEFAULT gen_random_uuid(); UPDATE t SET n = 0 WHERE id = 1");
    must(follower.follow());
    CHECK(follower.needs_copy());
    follower.restart();
    follower.copy();
    check_equal(follower, "id, v, n, u");
}

TEST_CASE("on_rewrite: stop leaves it to a person, and nothing is altered") {
    Follower follower(each_kind(), "mode: upsert\n    on_rewrite: stop");
    follower.sql(table_sql);
    follower.copy();
    follower.sql("ALTER TABLE t ALTER n TYPE bigint; UPDATE t SET n = 0 WHERE id = 1");
    const Status stopped = follower.follow();
    REQUIRE(stopped.has_error());
    CHECK(stopped.error().kind == ErrorKind::Refused);
    CHECK(stopped.error().way_out.find("on_rewrite: resync") != std::string::npos);
    follower.session().rollback();
    CHECK(follower.type("t", "n") ==
          (follower.control().kind == WarehouseKind::DuckDb ? "INTEGER" : "integer"));
}

TEST_CASE(
    "changes made while nothing ran are followed in the order of the stream, from the shape that was "
    "applied") {
    Follower follower(each_kind());
    follower.sql(table_sql);
    follower.copy();
    follower.sql("UPDATE t SET v = 'before' WHERE id = 1");
    follower.sql("ALTER TABLE t RENAME v TO w; UPDATE t SET w = 'between' WHERE id = 2");
    follower.sql("ALTER TABLE t ADD COLUMN x int DEFAULT 3; UPDATE t SET x = 4 WHERE id = 3");
    follower.sql("ALTER TABLE t DROP COLUMN n; INSERT INTO t VALUES (7, 'last', 5)");
    follower.restart();
    follower.copy();
    CHECK(follower.columns("t") == "id v n _walferry_lsn _walferry_synced_at");
    must(follower.follow());
    CHECK_FALSE(follower.needs_copy());
    check_equal(follower, "id, w, x");
    CHECK(follower.rows("SELECT count(*) FROM target.t_history") == Lines{"9"});
    CHECK(follower.rows("SELECT version FROM walferry.schema_history ORDER BY version") ==
          Lines{"1", "2", "3", "4"});
}

TEST_CASE("a table that is copied anew gets the shape of the catalog, with its history and its log") {
    Follower follower(each_kind());
    follower.sql(table_sql);
    follower.copy();
    follower.sql(
        "ALTER TABLE t RENAME v TO w; ALTER TABLE t ADD COLUMN x int DEFAULT 3; ALTER TABLE t DROP COLUMN n");
    must(follower.session().execute("UPDATE walferry.table_state SET state = 'failed'"));
    follower.restart();
    follower.copy();
    check_equal(follower, "id, w, x");
    CHECK(follower.rows("SELECT count(*) FROM target.t_history") == Lines{"5"});
    CHECK(follower.rows("SELECT count(*), count(x), count(w) FROM target.t_changes") == Lines{"10|5|10"});
}

}  // namespace walferry::testing
