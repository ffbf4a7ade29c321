#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "tests/integration/shop.h"
#include "tests/integration/workload.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr const char* checkpoint = "(SELECT lsn FROM walferry.checkpoint WHERE pipeline = 'shop')";

}  // namespace

TEST_CASE("what is acknowledged never exceeds the checkpoint, and the checkpoint never goes back",
          "[invariants]") {
    Shop shop(Target::Postgres);
    shop.sql(workload_tables_sql());
    Workload workload(shop.source, "shop", {.seed = 301});
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    workload.start();
    const auto end = std::chrono::steady_clock::now() + seconds(5);
    std::string last = "0/0";
    int polls = 0;
    for (; std::chrono::steady_clock::now() < end; ++polls) {
        // The slot is read first, so a checkpoint that moves between the two only grows.
        const std::string slot = shop.ferry->slot("confirmed_flush_lsn");
        const std::string now = shop.ferry->warehouse_value(std::string("SELECT ") + checkpoint);
        REQUIRE(shop.ferry->warehouse_value(fmt::format("SELECT '{}'::pg_lsn <= '{}'::pg_lsn", slot, now)) ==
                "t");
        REQUIRE(shop.ferry->warehouse_value(fmt::format("SELECT '{}'::pg_lsn <= '{}'::pg_lsn", last, now)) ==
                "t");
        last = now;
        std::this_thread::sleep_for(milliseconds(20));
    }
    workload.stop();
    CHECK(polls > 20);
    CHECK(shop.ferry->caught_up());
    CHECK(shop.ferry->stop() == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("what is acknowledged never exceeds the checkpoint that a DuckDB file has", "[invariants]") {
    Shop shop(Target::DuckDb);
    shop.sql(workload_tables_sql());
    Workload workload(shop.source, "shop", {.seed = 304});
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    workload.start();
    const auto end = std::chrono::steady_clock::now() + seconds(8);
    std::set<std::string> slots;
    std::uint64_t last = 0;
    while (std::chrono::steady_clock::now() < end) {
        const std::string slot = shop.ferry->slot("confirmed_flush_lsn - '0/0'");
        const Completed answer = shop.ferry->command("sql", {"SELECT lsn FROM walferry.checkpoint", "--csv"});
        INFO(answer.out << answer.err << shop.ferry->log_tail());
        REQUIRE(answer.exit == Exit{});
        const std::uint64_t now = std::stoull(answer.out.substr(answer.out.find('\n')));
        REQUIRE(std::stoull(slot) <= now);
        REQUIRE(last <= now);
        last = now;
        slots.insert(slot);
    }
    workload.stop();
    CHECK(slots.size() > 10);
    CHECK(shop.ferry->caught_up());
    CHECK(shop.ferry->stop() == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("rows and checkpoint become visible in one warehouse commit", "[invariants]") {
    Shop shop(Target::Postgres);
    shop.sql(
        "CREATE TABLE marks (id integer PRIMARY KEY, at pg_lsn NOT NULL DEFAULT "
        "pg_current_wal_insert_lsn())");
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    std::atomic<bool> stopping = false;
    std::thread writer([&] {
        const auto connection = shop.source.connect("shop");
        for (int id = 1; !stopping; ++id)
            pqxx::nontransaction(*connection)
                .exec("INSERT INTO marks (id) VALUES (" + std::to_string(id) + ")");
    });
    std::vector<std::pair<std::string, std::string>> seen;
    for (int poll = 0; poll < 100; ++poll) {
        const auto rows = shop.source.exec(
            std::string("SELECT (SELECT coalesce(max(id), 0) FROM public.marks), ") + checkpoint,
            "warehouse");
        seen.emplace_back(rows[0][0].c_str(), rows[0][1].c_str());
        std::this_thread::sleep_for(milliseconds(20));
    }
    stopping = true;
    writer.join();
    CHECK(seen.back().first != "0");
    // Row m is in, so its insert lies before the checkpoint; row m + 1 is not, and its commit ends before the
    // insert of row m + 2 begins.
    for (const auto& [id, lsn] : seen) {
        INFO("last row " << id << ", checkpoint " << lsn);
        CHECK(shop.value(fmt::format("SELECT count(*) FROM marks WHERE (id <= {0} AND at >= '{1}') OR (id >= "
                                     "{0} + 3 AND at < '{1}')",
                                     id, lsn)) == "0");
    }
    CHECK(shop.ferry->stop() == Exit{0, 0});
}

TEST_CASE("a source whose published tables are idle is acknowledged all the same", "[invariants]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target);
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY)");
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    shop.source.exec("CREATE TABLE elsewhere AS SELECT repeat('x', 1000) FROM generate_series(1, 5000)");
    const std::string busy = shop.source.value("SELECT pg_current_wal_flush_lsn()");
    const bool acknowledged = eventually(
        [&] { return shop.ferry->slot("confirmed_flush_lsn >= '" + busy + "'") == "t"; }, seconds(45));
    INFO(shop.ferry->log_tail());
    CHECK(acknowledged);
    CHECK(shop.ferry->stop() == Exit{0, 0});
}

TEST_CASE("a clean shutdown of the source is not held up, and the pipeline goes on after it",
          "[invariants]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target);
    PgCluster elsewhere;
    shop.sql(workload_tables_sql());
    Workload workload(shop.source, "shop", {.seed = 302});
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    workload.start();
    std::this_thread::sleep_for(seconds(3));
    const bool stopped = shop.source.stop_within(StopMode::Fast, seconds(20));
    INFO(shop.ferry->log_tail());
    REQUIRE(stopped);
    shop.source.start();
    std::this_thread::sleep_for(seconds(2));
    workload.stop();
    CHECK(shop.ferry->caught_up());
    CHECK(shop.ferry->stop() == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("SIGTERM and SIGINT end a run clean, with everything applied checkpointed", "[invariants]") {
    const int signal = GENERATE(SIGTERM, SIGINT);
    Shop shop(Target::DuckDb);
    shop.sql(workload_tables_sql());
    Workload workload(shop.source, "shop", {.seed = 303});
    shop.ferry->start();
    workload.start();
    std::this_thread::sleep_for(seconds(3));
    shop.ferry->process().signal(signal);
    const auto exit = shop.ferry->process().wait(seconds(20));
    workload.stop();
    INFO(shop.ferry->log_tail());
    REQUIRE(exit == Exit{0, 0});
    const Completed rest = shop.ferry->catch_up();
    INFO(rest.err);
    REQUIRE(rest.exit == Exit{});
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("memory stays bounded whatever the size of a transaction", "[invariants]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target, {.batch = "{ max_rows: 100000 }"});
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY, v text)");
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    shop.sql(
        "BEGIN; INSERT INTO t SELECT g, repeat(md5(g::text), 5) FROM generate_series(1, 600000) g;"
        "UPDATE t SET v = v || 'x' WHERE id <= 30000; COMMIT");
    const bool arrived = shop.ferry->caught_up(seconds(120));
    const std::uint64_t peak = peak_resident_bytes(shop.ferry->process().pid());
    INFO(shop.ferry->log_tail());
    CHECK(arrived);
    CHECK(peak > 0);
    // DuckDB's own limit comes on top: see Ferry's configuration.
    CHECK(peak >> 20 <= (target == Target::DuckDb ? 256u + 256u : 256u));
    CHECK(shop.ferry->stop() == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
}
