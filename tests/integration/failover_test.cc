#include <fmt/format.h>

#include <thread>

#include "tests/integration/refusal.h"
#include "tests/integration/shop.h"
#include "tests/integration/workload.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::seconds;

namespace {

std::unique_ptr<PgCluster> standby_of(PgCluster& primary, std::map<std::string, std::string> settings = {}) {
    primary.stop();
    auto standby = std::make_unique<PgCluster>(
        PgClusterOptions{.bin = primary.bin(), .primary = &primary, .settings = std::move(settings)});
    primary.start();
    return standby;
}

std::string wal_end(const PgCluster& primary) {
    return primary.value("SELECT pg_current_wal_flush_lsn()");
}

bool has_replayed(const PgCluster& standby, const std::string& lsn) {
    return eventually(
        [&] { return standby.value("SELECT pg_last_wal_replay_lsn() >= '" + lsn + "'") == "t"; });
}

/// A source with a table, a pipeline that has caught up with it, and a standby that has all of that.
struct Pair {
    PgCluster primary;
    Ferry ferry;
    std::unique_ptr<PgCluster> standby;

    Pair() : ferry((make_table(primary), primary), "shop"), standby(standby_of(primary)) {
        REQUIRE(ferry.catch_up().exit == Exit{});
        REQUIRE(has_replayed(*standby, wal_end(primary)));
    }

    static void make_table(const PgCluster& cluster) {
        cluster.create_database("shop");
        cluster.exec(hundred_rows, "shop");
    }
};

void make_slot_anew(const PgCluster& cluster) {
    cluster.exec("SELECT pg_create_logical_replication_slot('walferry_shop', 'pgoutput')", "shop");
}

}  // namespace

TEST_CASE("a promoted standby that has everything is refused all the same: the slot did not come along",
          "[failover]") {
    Pair pair;
    auto& [primary, ferry, standby] = pair;
    primary.stop(StopMode::Immediate);
    standby->promote();
    standby->exec("INSERT INTO t VALUES (1000, 'after the switch')", "shop");
    ferry.move_to(*standby);
    SECTION("the slot is gone") {
        CHECK(check_refused(ferry).find("is gone") != std::string::npos);
        CHECK(slot_count(*standby) == "0");
    }
    SECTION("an operator has made the slot anew") {
        make_slot_anew(*standby);
        CHECK(check_refused(ferry).find("was confirmed up to") != std::string::npos);
    }
}

TEST_CASE("a standby promoted before the checkpoint is refused, however far it has written since",
          "[failover]") {
    Pair pair;
    auto& [primary, ferry, standby] = pair;
    standby->stop();
    primary.exec("INSERT INTO t SELECT g, repeat('lost', 50) FROM generate_series(1001, 30000) g", "shop");
    REQUIRE(ferry.catch_up().exit == Exit{});
    primary.stop(StopMode::Immediate);
    standby->start();
    standby->promote();
    ferry.move_to(*standby);
    // Made before the server has written past the checkpoint, the slot looks right, and so does the position.
    make_slot_anew(*standby);
    const std::string checkpoint = ferry.warehouse_value("SELECT lsn FROM walferry.checkpoint");
    const auto is_at_most = [&](const std::string& lsn) {
        return standby->value(fmt::format("SELECT {} - '0/0' <= {}", lsn, checkpoint)) == "t";
    };
    REQUIRE(is_at_most("'" + ferry.slot("confirmed_flush_lsn") + "'::pg_lsn"));
    SECTION("not past the checkpoint yet") {
        REQUIRE(is_at_most("pg_current_wal_flush_lsn()"));
    }
    SECTION("far past the checkpoint") {
        standby->exec("INSERT INTO t SELECT g, repeat('new', 90) FROM generate_series(1001, 60000) g",
                      "shop");
        REQUIRE_FALSE(is_at_most("pg_current_wal_flush_lsn()"));
    }
    CHECK(check_refused(ferry).find("left timeline 1") != std::string::npos);
    CHECK(ferry.warehouse_value("SELECT count(*) FROM public.t WHERE v LIKE 'lost%'") == "29000");
}

// scripts/deps pg brings this server; without it there is nothing to test.
TEST_CASE("with a failover slot a run goes on at the promoted standby, and nothing is lost or doubled",
          "[failover]") {
    const bool by_itself = GENERATE(false, true);
    INFO((by_itself ? "running on, with both servers in the connection" : "started anew at the new primary"));
    const std::filesystem::path bin = std::filesystem::path(WALFERRY_DEPS_DIR) / "postgresql-17/bin";
    if (!std::filesystem::exists(bin / "postgres")) {
        WARN("skipped: no PostgreSQL 17 in .deps; get it by scripts/deps pg");
        return;
    }
    PgCluster primary({.bin = bin, .settings = {{"synchronized_standby_slots", "standby"}}});
    primary.exec("SELECT pg_create_physical_replication_slot('standby', true)");
    create_workload_tables(primary, "shop");
    Ferry ferry(primary, "shop");
    const auto standby = standby_of(primary, {{"primary_slot_name", "standby"},
                                              {"hot_standby_feedback", "on"},
                                              {"sync_replication_slots", "on"},
                                              {"synchronized_standby_slots", ""}});
    if (by_itself)
        ferry.write_config(
            fmt::format("postgresql://postgres@127.0.0.1:{},127.0.0.1:{}/shop?target_session_attrs=primary",
                        primary.port(), standby->port()));
    Workload before(primary, "shop", {.seed = 701, .large_rows = 5000, .pause_ms = 5});
    before.start();
    ferry.start();
    const bool streaming = ferry.all_tables_are("streaming");
    const bool synchronised = eventually(
        [&] {
            return standby->value(
                       "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'walferry_shop' "
                       "AND synced AND NOT temporary AND invalidation_reason IS NULL") == "1";
        },
        seconds(60));
    std::this_thread::sleep_for(seconds(2));
    primary.stop(StopMode::Immediate);
    before.stop();
    INFO(standby->log());
    REQUIRE(streaming);
    REQUIRE(synchronised);
    standby->promote();
    ferry.move_to(*standby);
    if (!by_itself) {
        ferry.kill();
        ferry.start();
    }
    Workload after(*standby, "shop", {.seed = 702, .large_rows = 5000});
    after.run(30);
    const bool arrived = ferry.caught_up();
    INFO(ferry.log_tail());
    REQUIRE(arrived);
    CHECK(ferry.stop() == Exit{0, 0});
    CHECK(ferry.differences() == "");
}
