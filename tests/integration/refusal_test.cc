#include "tests/integration/refusal.h"
#include "tests/integration/shop.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::seconds;

TEST_CASE("a pipeline refuses another server than its own", "[refusal]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target);
    shop.sql(hundred_rows);
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    const PgCluster other({.own_identity = true});
    other.create_database("shop");
    other.exec(hundred_rows, "shop");
    SECTION("without a slot there") {
        shop.ferry->write_config(other.url("shop"));
        check_refused(*shop.ferry);
        CHECK(slot_count(other) == "0");
        CHECK(other.value("SELECT count(*) FROM pg_publication", "shop") == "0");
    }
    SECTION("even with the same slot and publication there") {
        other.exec("CREATE PUBLICATION walferry_shop FOR TABLE t", "shop");
        other.exec("SELECT pg_create_logical_replication_slot('walferry_shop', 'pgoutput')", "shop");
        shop.ferry->write_config(other.url("shop"));
        check_refused(*shop.ferry);
    }
}

TEST_CASE("a pipeline with a checkpoint never makes its lost slot anew", "[refusal]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target);
    shop.sql(hundred_rows);
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    shop.sql(drop_free_slot);
    shop.sql("INSERT INTO t VALUES (1000, 'lost')");
    SECTION("the slot is gone") {
        check_refused(*shop.ferry);
        CHECK(slot_count(shop.source) == "0");
    }
    SECTION("somebody has recreated it further on") {
        shop.sql("SELECT pg_create_logical_replication_slot('walferry_shop', 'pgoutput')");
        check_refused(*shop.ferry);
    }
    SECTION("somebody has recreated it with another plugin") {
        shop.sql("SELECT pg_create_logical_replication_slot('walferry_shop', 'test_decoding')");
        check_refused(*shop.ferry);
    }
}

TEST_CASE("a slot that was moved past the checkpoint is refused", "[refusal]") {
    Shop shop(Target::Postgres);
    shop.sql(hundred_rows);
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    shop.sql("INSERT INTO t VALUES (1000, 'skipped')");
    shop.sql("SELECT pg_replication_slot_advance('walferry_shop', pg_current_wal_flush_lsn())");
    check_refused(*shop.ferry);
}

TEST_CASE("a slot that exists where the warehouse has no checkpoint is refused", "[refusal]") {
    Shop shop(Target::Postgres);
    shop.sql(hundred_rows);
    shop.sql("SELECT pg_create_logical_replication_slot('walferry_shop', 'pgoutput')");
    const Completed refused = shop.ferry->command("run", {}, seconds(5));
    INFO(refused.err);
    CHECK_FALSE(refused.timed_out);
    CHECK(refused.exit == Exit{3, 0});
    CHECK(shop.ferry->warehouse_value("SELECT to_regclass('public.t') IS NULL") == "t");
}

TEST_CASE("a warehouse restored from a backup is refused", "[refusal]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target);
    shop.sql(hundred_rows);
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    const std::filesystem::path backup = shop.ferry->dir() / "backup.duckdb";
    if (target == Target::DuckDb)
        std::filesystem::copy_file(shop.ferry->duckdb_path(), backup);
    else
        shop.source.exec("CREATE DATABASE backup TEMPLATE warehouse");
    shop.sql("INSERT INTO t VALUES (1000, 'after the backup')");
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    if (target == Target::DuckDb) {
        std::filesystem::remove(shop.ferry->duckdb_path().string() + ".wal");
        std::filesystem::rename(backup, shop.ferry->duckdb_path());
    } else {
        shop.source.drop_database("warehouse");
        shop.source.exec("ALTER DATABASE backup RENAME TO warehouse");
    }
    check_refused(*shop.ferry);
}

TEST_CASE("a source restored from a backup, whose log ends before the checkpoint, is refused", "[refusal]") {
    Shop shop(Target::DuckDb);
    shop.sql(hundred_rows);
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    shop.source.stop();
    shop.source.backup_to(shop.ferry->dir() / "source");
    shop.source.start();
    shop.sql("INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1000, 5000) g");
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    shop.source.stop();
    shop.source.restore_from(shop.ferry->dir() / "source");
    shop.source.start();
    check_refused(*shop.ferry);
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM public.t") == "4101");
}

TEST_CASE("a slot whose log was removed is refused", "[refusal]") {
    Shop shop(Target::Postgres, {},
              {.settings = {
                   {"max_slot_wal_keep_size", "1MB"}, {"max_wal_size", "32MB"}, {"min_wal_size", "32MB"}}});
    shop.sql(hundred_rows);
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    const bool lost = eventually([&] {
        shop.sql("CREATE TABLE filler AS SELECT repeat('x', 1000) FROM generate_series(1, 40000)");
        shop.sql("DROP TABLE filler");
        shop.sql("SELECT pg_switch_wal()");
        shop.sql("CHECKPOINT");
        return shop.ferry->slot("wal_status") == "lost";
    });
    REQUIRE(lost);
    check_refused(*shop.ferry);
}
