#include <fmt/format.h>

#include "tests/pipeline/schema/follower.h"
#include "tests/support/catch.h"

namespace walferry::testing {

namespace {
using Lines = std::vector<std::string>;
}

TEST_CASE("another key, and another replica identity") {
    Follower follower(each_kind());
    follower.sql(
        "CREATE TABLE t (id int PRIMARY KEY, code int NOT NULL UNIQUE, v text);"
        "INSERT INTO t SELECT g, g + 10, 'copied' FROM generate_series(1, 3) g");
    follower.copy();
    SECTION("REPLICA IDENTITY FULL and back needs nothing") {
        follower.sql(
            "ALTER TABLE t REPLICA IDENTITY FULL; UPDATE t SET v = 'full' WHERE id = 1; DELETE FROM t WHERE "
            "id = 2");
        must(follower.follow());
        CHECK_FALSE(follower.needs_copy());
        follower.sql("ALTER TABLE t REPLICA IDENTITY DEFAULT; UPDATE t SET v = 'default' WHERE id = 3");
        must(follower.follow());
        CHECK_FALSE(follower.needs_copy());
        check_equal(follower, "id, code, v");
    }
    SECTION("REPLICA IDENTITY NOTHING lets inserts pass") {
        follower.sql("ALTER TABLE t REPLICA IDENTITY NOTHING; INSERT INTO t VALUES (4, 14, 'new')");
        must(follower.follow());
        check_equal(follower, "id, code, v");
    }
    SECTION("another index tells rows apart by other columns: copied anew") {
        follower.sql(
            "ALTER TABLE t REPLICA IDENTITY USING INDEX t_code_key; UPDATE t SET v = 'by code' WHERE code = "
            "11");
        must(follower.follow());
        CHECK(follower.needs_copy());
        follower.restart();
        follower.copy();
        follower.sql(
            "UPDATE t SET v = 'again' WHERE code = 12; DELETE FROM t WHERE code = 13; UPDATE t SET id = 50 "
            "WHERE code = 11");
        must(follower.follow());
        check_equal(follower, "id, code, v");
    }
}

TEST_CASE("a table without key is found by all its values, of which a dropped column is none any more") {
    Follower follower(each_kind(), "mode: upsert");
    follower.sql(
        "CREATE TABLE t (id int, v text, n int); ALTER TABLE t REPLICA IDENTITY FULL;"
        "INSERT INTO t VALUES (1, 'a', 1), (1, 'a', 2), (2, 'b', 2)");
    follower.copy();
    follower.sql(
        "ALTER TABLE t DROP COLUMN n; DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t WHERE id = 1);"
        "ALTER TABLE t ADD COLUMN w int DEFAULT 5; UPDATE t SET w = 6 WHERE id = 2");
    must(follower.follow());
    CHECK(follower.rows("SELECT id, v, w FROM target.t ORDER BY id") ==
          follower.source_rows("SELECT id, v, w FROM t ORDER BY id"));
}

TEST_CASE("a renamed table keeps its targets, in the stream and over a restart") {
    Follower follower(each_kind());
    follower.sql(table_sql);
    follower.copy();
    follower.sql("ALTER TABLE t RENAME TO u; UPDATE u SET v = 'x' WHERE id = 1");
    SECTION("in the stream") {
        must(follower.follow());
        CHECK(follower.state("u") == "streaming");
        CHECK(follower.state("t") == "none");
    }
    SECTION("while nothing runs") {
        follower.restart();
        follower.copy();
        must(follower.follow());
    }
    follower.restart();
    follower.copy();
    follower.sql(
        "UPDATE u SET v = 'y' WHERE id = 2; ALTER TABLE u ADD COLUMN w int DEFAULT 3; INSERT INTO u VALUES "
        "(7, 'z', 7)");
    must(follower.follow());
    CHECK(follower.state("u") == "streaming");
    CHECK(follower.rows("SELECT id, v, n, w FROM target.t ORDER BY id") ==
          follower.source_rows("SELECT id, v, n, w FROM u ORDER BY id"));
    CHECK(follower.rows("SELECT count(*) FROM target.t_changes WHERE _op = 'r'") == Lines{"5"});
}

TEST_CASE("what column rules keep out of the warehouse stays out of it when its column is renamed or new") {
    Follower follower(each_kind(), "mode: upsert\n    mask_columns: [v, later]");
    follower.sql(table_sql);
    follower.sql("CREATE TABLE has_it_already (id int PRIMARY KEY, later text)");
    follower.copy();
    SECTION("a masked column under another name stops") {
        follower.sql("ALTER TABLE t RENAME v TO w; INSERT INTO t VALUES (9, 'secret', 1)");
        const Status refused = follower.follow();
        REQUIRE(refused.has_error());
        CHECK(refused.error().kind == ErrorKind::Schema);
    }
    SECTION("a new one's default is masked like its values") {
        follower.sql(
            "ALTER TABLE t ADD COLUMN later text DEFAULT 'secret'; INSERT INTO t VALUES (9, 'secret', 1)");
        must(follower.follow());
        CHECK(follower.rows("SELECT DISTINCT later FROM target.t WHERE id < 9") == Lines{"****"});
    }
}

TEST_CASE("a history that keeps newest rows beside it keeps them when its table changes") {
    Follower follower(each_kind(), "targets: [ { mode: upsert }, { mode: scd2, track: [n] } ]");
    follower.sql(
        "CREATE TABLE t (id int PRIMARY KEY, a int, big text, n int); ALTER TABLE t ALTER big SET STORAGE "
        "EXTERNAL;"
        "INSERT INTO t VALUES (1, 1, repeat('x', 9000), 1)");
    follower.copy();
    follower.sql("UPDATE t SET big = repeat('y', 9000)");  // no version, but the newest row
    must(follower.follow());
    follower.sql(
        "ALTER TABLE t DROP COLUMN a; ALTER TABLE t RENAME big TO large; ALTER TABLE t ADD COLUMN w int "
        "DEFAULT 1;"
        "UPDATE t SET w = 2; UPDATE t SET w = 3");
    must(follower.follow());
    follower.restart();
    follower.copy();
    follower.sql("UPDATE t SET w = 4");
    must(follower.follow());
    CHECK(follower.rows("SELECT id, substr(large, 1, 1), w FROM target.t") == Lines{"1|y|4"});
    CHECK(follower.table("t")->plans[1]->keeps_latest());
    const std::string latest = to_sql(follower.table("t")->plans[1]->latest);
    const std::size_t large = 2;  // after the key and the dropped column
    CHECK(follower.rows(fmt::format("SELECT count(*) FROM {} WHERE substr(c{}, 1, 1) = 'y'", latest,
                                    large)) == Lines{"1"});
}

TEST_CASE("a table of the warehouse that depends on a column stops the change, with the way out") {
    Follower follower(WarehouseKind::Postgres, "mode: upsert\n    on_drop: drop");
    follower.sql(table_sql);
    follower.copy();
    must(follower.session().execute("CREATE VIEW target.seen AS SELECT v FROM target.t"));
    follower.sql("ALTER TABLE t DROP COLUMN v; INSERT INTO t VALUES (9, 9)");
    const Status refused = follower.follow();
    REQUIRE(refused.has_error());
    CHECK(refused.error().kind == ErrorKind::Schema);
    CHECK_FALSE(refused.error().way_out.empty());
}

TEST_CASE("a DuckDB target keeps its constraints and defaults when it has to be renewed") {
    Follower follower(WarehouseKind::DuckDb, "mode: upsert");
    must(follower.session().execute(
        "CREATE SCHEMA target; CREATE TABLE target.t (id INTEGER NOT NULL, v VARCHAR, n INTEGER, "
        "_walferry_lsn UBIGINT, _walferry_synced_at TIMESTAMP WITH TIME ZONE, extra VARCHAR "
        "DEFAULT 'mine', CHECK (n < 1000))"));
    follower.sql(table_sql);
    follower.copy();
    follower.sql(
        "BEGIN; UPDATE t SET n = 5 WHERE id = 1; ALTER TABLE t ADD COLUMN w int DEFAULT 1; DELETE FROM t "
        "WHERE id = 2; COMMIT");
    must(follower.follow());
    CHECK(follower.rows("SELECT id, v, n, w FROM target.t ORDER BY id") ==
          follower.source_rows("SELECT id, v, n, w FROM t ORDER BY id"));
    CHECK(follower.rows("SELECT count(*) FROM target.t WHERE extra = 'mine'") == Lines{"4"});
    CHECK_FALSE(follower.session().execute("INSERT INTO target.t (id, n) VALUES (99, 2000)"));
}

}  // namespace walferry::testing
