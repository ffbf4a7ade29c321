#include <thread>

#include "tests/integration/refusal.h"
#include "tests/integration/shop.h"
#include "tests/integration/workload.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::seconds;

namespace {

std::string epoch(const Shop& shop) {
    return shop.ferry->warehouse_value("SELECT epoch FROM walferry.checkpoint");
}

}  // namespace

TEST_CASE("a second run waits while the slot is held, and takes over when the first one dies", "[takeover]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target);
    shop.sql(workload_tables_sql());
    Workload workload(shop.source, "shop", {.seed = 401, .pause_ms = 5});
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    workload.start();
    const std::string holder = shop.ferry->slot("active_pid");
    Process second = shop.ferry->start_another();
    std::this_thread::sleep_for(seconds(3));
    const bool both_live = second.running() && shop.ferry->running();
    const std::string holder_later = shop.ferry->slot("active_pid");
    shop.ferry->kill();
    shop.ferry->follow_other();
    const bool taken = eventually([&] {
        const std::string now = shop.ferry->slot("active_pid");
        return !now.empty() && now != holder;
    });
    workload.stop();
    const std::string said = read_file(shop.ferry->dir() / "another.log");
    INFO(said);
    CHECK(both_live);
    CHECK(holder_later == holder);
    REQUIRE(taken);
    CHECK(shop.ferry->caught_up());
    second.signal(SIGTERM);
    CHECK(second.wait(seconds(20)) == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("an instance that was frozen while another took over writes nothing any more", "[takeover]") {
    Shop shop(Target::Postgres);
    shop.sql(
        "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t SELECT g, 'old' FROM "
        "generate_series(1, 100) g");
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    const std::string first_epoch = epoch(shop);
    // What the first one has received, and not applied, when it freezes, is what it will try to write.
    const auto connection = shop.source.connect("warehouse");
    auto lock = std::make_unique<pqxx::work>(*connection);
    lock->exec("LOCK TABLE public.t IN SHARE MODE");
    shop.sql("UPDATE t SET v = 'first'");
    std::this_thread::sleep_for(seconds(1));
    shop.ferry->process().signal(SIGSTOP);
    shop.source.exec(
        "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = "
        "'walferry_shop'");
    Process second = shop.ferry->start_another();
    lock->commit();
    lock.reset();
    const bool taken = eventually([&] { return epoch(shop) != first_epoch; });
    shop.sql("UPDATE t SET v = 'second'");
    const bool applied = eventually(
        [&] {
            return shop.ferry->warehouse_value("SELECT count(*) FROM public.t WHERE v = 'second'") == "100";
        },
        seconds(60));
    const std::string said = read_file(shop.ferry->dir() / "another.log");
    INFO(said);
    CHECK(taken);
    CHECK(applied);
    shop.ferry->process().signal(SIGCONT);
    const auto exit = shop.ferry->process().wait(seconds(15));
    INFO(shop.ferry->log_tail());
    CHECK(exit == Exit{3, 0});
    const std::string last_word = last_line(shop.ferry->log());
    CHECK(last_word.find("another walferry has taken pipeline shop over") != std::string::npos);
    CHECK(names_a_command(last_word));
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM public.t WHERE v = 'first'") == "0");
    shop.ferry->kill();
    shop.ferry->follow_other();
    shop.sql("INSERT INTO t VALUES (1000, 'later')");
    CHECK(shop.ferry->caught_up());
    second.signal(SIGTERM);
    CHECK(second.wait(seconds(20)) == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
}
