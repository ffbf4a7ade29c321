#include "tests/integration/history_lines.h"
#include "tests/integration/refusal.h"
#include "tests/support/catch.h"

using namespace walferry::testing;

namespace {

using Lines = std::vector<std::string>;

constexpr const char* new_slot_three_targets =
    "  - match: public.*\n    targets: [ { mode: upsert }, { mode: scd2 }, { mode: append } ]\n";

/// Empty, or why it was refused.
std::string renew(const Ferry& ferry) {
    const Completed renewed = ferry.command("resync", {"--all", "--new-slot"});
    CHECK(renewed.exit.code == (renewed.err.empty() ? 0 : 3));
    return renewed.err;
}

/// A pipeline of two tables with all targets, caught up, whose slot then falls behind what is committed.
class LosingShop {
 public:
    explicit LosingShop(Target target, PgClusterOptions source_options = {})
        : target_(target), shop(target, {.tables = new_slot_three_targets}, std::move(source_options)) {
        shop.sql(
            "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t SELECT g, 'v' FROM "
            "generate_series(1, 100) g; CREATE TABLE u (LIKE t INCLUDING ALL); INSERT INTO u VALUES (1, "
            "'u')");
        REQUIRE(shop.ferry->catch_up().exit == Exit{});
        shop.sql("UPDATE t SET v = 'streamed' WHERE id = 1");
        REQUIRE(shop.ferry->catch_up().exit == Exit{});
    }

    void change_unseen() const {
        shop.sql(
            "UPDATE t SET v = 'unseen' WHERE id <= 3; DELETE FROM t WHERE id = 4; INSERT INTO t VALUES (101, "
            "'unseen')");
    }
    TargetReader reader() const {
        if (target_ == Target::DuckDb) return TargetReader(shop.ferry->duckdb_path());
        return TargetReader(PgDatabase{shop.source, "warehouse"});
    }
    void check_whole() const {
        CHECK(shop.ferry->differences() == "");
        const TargetReader targets = reader();
        CHECK(lines(targets, "SELECT id, v FROM public.t_history WHERE id IN (1, 4, 5, 101)") ==
              Lines{"101|unseen", "1|streamed", "1|unseen", "1|v", "4|v", "5|v"});
        CHECK(lines(targets, "SELECT count(*) AS n FROM public.t_history WHERE is_current") == Lines{"100"});
        // Without a gap: where a version ends, the next one of its key begins.
        CHECK(
            lines(
                targets,
                "SELECT a.id FROM public.t_history AS a WHERE NOT a.is_current AND a.id <> 4 AND NOT EXISTS "
                "(SELECT 1 FROM public.t_history AS b WHERE a.id = b.id AND a.valid_to = b.valid_from)") ==
            Lines{});
        CHECK(lines(targets, "SELECT _op, count(*) AS n FROM public.t_changes WHERE id = 1 GROUP BY _op") ==
              Lines{"r|2", "u|1"});
    }

 private:
    Target target_;

 public:
    Shop shop;
};

void check_names_it(const Ferry& ferry) {
    CHECK(check_refused(ferry).find("--all --new-slot") != std::string::npos);
}

}  // namespace

TEST_CASE("a pipeline whose slot is gone goes on with a new one, and its history has no gap", "[new-slot]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    const LosingShop losing(target);
    const Shop& shop = losing.shop;
    shop.sql("SELECT pg_drop_replication_slot('walferry_shop')");
    losing.change_unseen();
    shop.sql("ALTER TABLE u ADD COLUMN w integer DEFAULT 7; ALTER TABLE u RENAME v TO x");
    check_names_it(*shop.ferry);
    REQUIRE(renew(*shop.ferry) == "");
    const Completed caught_up = shop.ferry->catch_up();
    INFO(caught_up.err);
    REQUIRE(caught_up.exit == Exit{});
    losing.check_whole();
    shop.sql("UPDATE t SET v = 'streams again' WHERE id = 7; INSERT INTO u VALUES (2, 'x', 1)");
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    CHECK(shop.ferry->differences() == "");
    CHECK(slot_count(shop.source) == "1");
}

TEST_CASE("a slot whose log the source removed is renewed", "[new-slot]") {
    const LosingShop losing(Target::Postgres, {.settings = {{"max_slot_wal_keep_size", "1MB"},
                                                            {"max_wal_size", "32MB"},
                                                            {"min_wal_size", "32MB"}}});
    const Shop& shop = losing.shop;
    losing.change_unseen();
    const bool lost = eventually([&] {
        shop.sql("CREATE TABLE filler AS SELECT repeat('x', 1000) FROM generate_series(1, 40000)");
        shop.sql("DROP TABLE filler");
        shop.sql("SELECT pg_switch_wal()");
        shop.sql("CHECKPOINT");
        return shop.ferry->slot("wal_status") == "lost";
    });
    REQUIRE(lost);
    check_names_it(*shop.ferry);
    REQUIRE(renew(*shop.ferry) == "");
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    losing.check_whole();
}

TEST_CASE("making a new slot that was interrupted anywhere is done again", "[new-slot]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    const LosingShop losing(target);
    const Shop& shop = losing.shop;
    losing.change_unseen();
    SECTION("a slot in good order is given up as well") {
        REQUIRE(renew(*shop.ferry) == "");
    }
    SECTION("the old slot was dropped, and no new one made") {
        REQUIRE(renew(*shop.ferry) == "");
        shop.sql("SELECT pg_drop_replication_slot('walferry_shop')");
        check_names_it(*shop.ferry);
        REQUIRE(renew(*shop.ferry) == "");
    }
    SECTION("the new slot was made, and its position not saved") {
        shop.sql(
            "SELECT pg_drop_replication_slot('walferry_shop');"
            "SELECT pg_create_logical_replication_slot('walferry_shop', 'pgoutput')");
        check_names_it(*shop.ferry);
        REQUIRE(renew(*shop.ferry) == "");
    }
    SECTION("the publication went with the slot") {
        shop.sql("SELECT pg_drop_replication_slot('walferry_shop'); DROP PUBLICATION walferry_shop");
        REQUIRE(renew(*shop.ferry) == "");
    }
    const Completed caught_up = shop.ferry->catch_up();
    INFO(caught_up.err);
    REQUIRE(caught_up.exit == Exit{});
    losing.check_whole();
}

TEST_CASE("no new slot is made while the old one is in use, or for another server", "[new-slot]") {
    LosingShop losing(Target::Postgres);
    Shop& shop = losing.shop;
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    CHECK_THAT(renew(*shop.ferry), CONTAINS_TEXT("stop the running walferry"));
    shop.sql("UPDATE t SET v = 'undisturbed' WHERE id = 9");
    CHECK(shop.ferry->caught_up());
    CHECK(shop.ferry->stop() == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
    const PgCluster other({.own_identity = true});
    other.create_database("shop");
    shop.ferry->write_config(other.url("shop"));
    CHECK_THAT(renew(*shop.ferry), CONTAINS_TEXT("wrong server"));
    CHECK(slot_count(other) == "0");
}
