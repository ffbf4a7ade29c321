#include <thread>

#include "tests/integration/shop.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::seconds;

// Rule 15 of logical replication: a commit that waits for a synchronous standby is in the stream already,
// while no snapshot sees it yet. A copy that is taken meanwhile must not bring the old row back.
TEST_CASE("a re-copy does not undo a commit that was streamed before it became visible", "[visibility]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target, {.source_user = "walferry"});
    shop.sql("CREATE ROLE walferry SUPERUSER LOGIN; ALTER ROLE walferry SET synchronous_commit = 'local'");
    shop.sql(
        "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t SELECT g, 'old' FROM "
        "generate_series(1, 100) g");
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    shop.sql("ALTER PUBLICATION walferry_shop DROP TABLE t");
    shop.sql("ALTER PUBLICATION walferry_shop ADD TABLE t");

    shop.source.set("synchronous_standby_names", "missing");
    shop.source.reload();
    std::thread stuck([&] {
        shop.sql("BEGIN; UPDATE t SET v = 'new' WHERE id <= 50; DELETE FROM t WHERE id > 90; COMMIT");
    });
    const bool waits = eventually([&] {
        return shop.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == "1";
    });
    const std::string visible = shop.value("SELECT v FROM t WHERE id = 1");
    shop.ferry->start();
    // It may wait for the commit to become visible, so this may time out.
    shop.ferry->all_tables_are("streaming", seconds(8));
    shop.source.set("synchronous_standby_names", "");
    shop.source.reload();
    stuck.join();
    CHECK(waits);
    CHECK(visible == "old");
    INFO(shop.ferry->log_tail());
    CHECK(shop.ferry->caught_up());
    CHECK(shop.ferry->stop() == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("a table rewritten while the first copy begins is copied whole", "[visibility]") {
    Shop shop(Target::Postgres);
    shop.sql(
        "CREATE TABLE t (id integer PRIMARY KEY, v integer); INSERT INTO t SELECT g, g FROM "
        "generate_series(1, 1000) g;"
        "CREATE TABLE u (id integer PRIMARY KEY)");
    // A transaction with an xid keeps the slot's creation waiting, and the rewrite arrives meanwhile.
    const auto blocker = shop.source.connect("shop");
    auto transaction = std::make_unique<pqxx::work>(*blocker);
    transaction->exec("INSERT INTO u VALUES (1)");
    shop.ferry->start();
    std::this_thread::sleep_for(seconds(2));
    std::thread rewrite([&] { shop.sql("ALTER TABLE t ALTER v TYPE bigint"); });
    std::this_thread::sleep_for(seconds(1));
    transaction->commit();
    transaction.reset();
    const bool streams = shop.ferry->all_tables_are("streaming", seconds(40));
    rewrite.join();
    INFO(shop.ferry->log_tail());
    REQUIRE(streams);
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM public.t") == "1000");
    CHECK(shop.ferry->stop() == Exit{0, 0});
}
