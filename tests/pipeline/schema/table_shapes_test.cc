#include "tests/pipeline/schema/follower.h"
#include "tests/support/catch.h"

namespace walferry::testing {

namespace {

using Lines = std::vector<std::string>;

/// Looks as the monitor does: whether a table has to be copied anew.
bool has_to_start_again(Follower& follower) {
    return must(follower.look()).start_again;
}

}  // namespace

TEST_CASE(
    "a rewrite that leaves the columns as they are is found by looking, at work and at the next start") {
    Follower follower(each_kind(), "mode: upsert");
    follower.sql("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1), (2, 2)");
    follower.copy();
    follower.sql("VACUUM FULL t");
    CHECK_FALSE(has_to_start_again(follower));
    follower.sql("ALTER TABLE t ALTER n TYPE int USING n * 10");
    SECTION("at work") {
        CHECK(has_to_start_again(follower));
        CHECK(follower.state("t") == "failed");
        follower.restart();
    }
    SECTION("at the next start") {
        follower.restart();
    }
    follower.copy();
    CHECK(follower.rows("SELECT n FROM target.t ORDER BY n") == Lines{"10", "20"});
    CHECK_FALSE(has_to_start_again(follower));
    follower.restart();
    CHECK_FALSE(has_to_start_again(follower));
    CHECK(follower.state("t") == "streaming");
}

TEST_CASE("a column that was dropped and made again as it was is found by looking") {
    Follower follower(each_kind(), "mode: upsert");
    follower.sql("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1), (2, 2)");
    follower.copy();
    follower.sql("ALTER TABLE t DROP COLUMN n; ALTER TABLE t ADD COLUMN n int DEFAULT 5");
    CHECK(has_to_start_again(follower));
    CHECK_FALSE(has_to_start_again(follower));  // said once
    follower.restart();
    follower.copy();
    CHECK(follower.rows("SELECT n FROM target.t") == Lines{"5", "5"});
    CHECK_FALSE(has_to_start_again(follower));
}

TEST_CASE(
    "partitions that come with rows, or go, have the table copied anew; a new one that is empty has not") {
    Follower follower(each_kind(), "mode: upsert");
    follower.sql(
        "CREATE TABLE t (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);"
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10); INSERT INTO t VALUES (1, 'one')");
    follower.copy();
    SECTION("made as a partition") {
        follower.sql(
            "CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20); INSERT INTO t VALUES (11, 'x')");
        CHECK_FALSE(has_to_start_again(follower));
        must(follower.follow());
        follower.restart();
        follower.copy();
        CHECK(follower.state("t") == "streaming");
        CHECK(follower.rows("SELECT count(*) FROM walferry.schema_history") == Lines{"2"});
    }
    SECTION("attached while it was empty") {
        follower.sql(
            "CREATE TABLE t2 (LIKE t INCLUDING ALL); ALTER TABLE t ATTACH PARTITION t2 FOR VALUES FROM (10) "
            "TO (20)");
        CHECK_FALSE(has_to_start_again(follower));
        follower.sql("INSERT INTO t VALUES (11, 'x')");
        must(follower.follow());
        CHECK_FALSE(has_to_start_again(follower));
        follower.restart();
        follower.copy();
        CHECK(follower.rows("SELECT count(*) FROM target.t") == Lines{"2"});
    }
    SECTION("attached with rows") {
        follower.sql(
            "CREATE TABLE t2 (LIKE t INCLUDING ALL); INSERT INTO t2 VALUES (12, 'with rows');"
            "ALTER TABLE t ATTACH PARTITION t2 FOR VALUES FROM (10) TO (20)");
        CHECK(has_to_start_again(follower));
        follower.restart();
        follower.copy();
        CHECK(follower.rows("SELECT v FROM target.t ORDER BY id") == Lines{"one", "with rows"});
    }
    SECTION("detached") {
        follower.sql("ALTER TABLE t DETACH PARTITION t1");
        CHECK(has_to_start_again(follower));
        follower.restart();
        follower.copy();
        CHECK(follower.rows("SELECT count(*) FROM target.t") == Lines{"0"});
    }
    SECTION("while nothing ran") {
        follower.sql("DROP TABLE t1");
        follower.restart();
        follower.copy();
        CHECK(follower.rows("SELECT count(*) FROM target.t") == Lines{"0"});
    }
}

TEST_CASE("on_rewrite: stop ends the run when a look finds a rewrite") {
    Follower follower(each_kind(), "mode: upsert\n    on_rewrite: stop");
    follower.sql("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1)");
    follower.copy();
    follower.sql("ALTER TABLE t ALTER n TYPE int USING n * 10");
    auto looked = follower.look();
    REQUIRE(looked.has_error());
    CHECK(looked.error().kind == ErrorKind::Refused);
    follower.restart();
    looked = follower.look();
    REQUIRE(looked.has_error());
    CHECK(looked.error().kind == ErrorKind::Refused);
}

TEST_CASE("what the stream will tell of is left to it, however far the catalog is") {
    Follower follower(each_kind(), "mode: upsert");
    follower.sql("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1)");
    follower.copy();
    follower.sql(
        "UPDATE t SET n = 2; ALTER TABLE t ALTER n TYPE bigint; ALTER TABLE t ADD COLUMN w int; UPDATE t SET "
        "w = 3");
    CHECK_FALSE(has_to_start_again(follower));
    follower.restart();
    CHECK_FALSE(has_to_start_again(follower));
    CHECK(follower.table("t")->source().columns.size() == 2);
    must(follower.follow());
    CHECK(follower.needs_copy());
}

TEST_CASE("a pipeline of an earlier build, without stored shapes, goes on by the catalog and stores them") {
    Follower follower(each_kind(), "mode: upsert");
    follower.sql("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1)");
    follower.copy();
    must(follower.session().execute("DROP TABLE walferry.schema_history"));
    follower.restart();
    must(create_control_schema(follower.session(), follower.control()));
    follower.copy();
    CHECK(follower.state("t") == "streaming");
    CHECK(follower.rows("SELECT version FROM walferry.schema_history") == Lines{"1"});
}

TEST_CASE("a new table takes the name, and the targets, of one that was renamed") {
    Follower follower(each_kind(), "mode: upsert");
    follower.sql("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1)");
    follower.copy();
    follower.sql(
        "ALTER TABLE t RENAME TO old_t; CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (2, "
        "2)");
    CHECK(has_to_start_again(follower));
    follower.restart();
    follower.copy();
    CHECK(follower.rows("SELECT id FROM target.t") == Lines{"2"});
    CHECK(follower.rows("SELECT id FROM target.old_t") == Lines{"1"});
}

TEST_CASE("a table that was altered between its plan and its snapshot is planned anew") {
    Follower follower(each_kind(), "mode: upsert");
    follower.sql("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1)");
    CHECK_FALSE(has_to_start_again(follower));  // planned, and not copied
    follower.sql("ALTER TABLE t ADD COLUMN w int DEFAULT 4");
    const Status copied = follower.copy_planned();
    REQUIRE(copied.has_error());
    CHECK(copied.error().kind == ErrorKind::Busy);
    follower.restart();
    follower.copy();
    CHECK(follower.rows("SELECT id, n, w FROM target.t") == Lines{"1|1|4"});
}

}  // namespace walferry::testing
