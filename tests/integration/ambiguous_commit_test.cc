#include <fmt/format.h>

#include "tests/integration/commit_cutter.h"
#include "tests/integration/ferry.h"
#include "tests/integration/workload.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::seconds;

namespace {

/// A pipeline whose way to its PostgreSQL warehouse leads through a proxy.
struct ProxiedShop {
    ProxiedShop() {
        source.create_database("shop");
        warehouse_server.create_database("warehouse");
        proxy.emplace(warehouse_server);
        ferry.emplace(source, "shop",
                      FerryOptions{.warehouse = PgDatabase{warehouse_server, "warehouse"},
                                   .warehouse_connection = proxy->url("warehouse")});
    }

    std::string warehouse(const std::string& query) const { return ferry->warehouse_value(query); }
    void end_well() {
        CHECK(ferry->caught_up());
        INFO(ferry->log_tail());
        CHECK(ferry->stop() == Exit{0, 0});
        CHECK(ferry->differences() == "");
        CHECK(ferry->log().find("another walferry") == std::string::npos);
    }

    PgCluster source;
    PgCluster warehouse_server;
    std::optional<WireProxy> proxy;
    std::optional<Ferry> ferry;
};

/// In `bag` nothing but the checkpoint keeps a row from coming twice. All rows of a mark come and go at once.
constexpr const char* ambiguous_commit_tables =
    "CREATE TABLE keyed (id integer PRIMARY KEY, mark text);"
    "CREATE TABLE bag (mark text); ALTER TABLE bag REPLICA IDENTITY FULL;"
    "INSERT INTO keyed SELECT g, 'old' FROM generate_series(1, 100) g;"
    "INSERT INTO bag SELECT 'old' FROM generate_series(1, 100) g";

/// Of a transaction: where it was about to commit, and a position past its commit.
struct Bounds {
    std::string before_commit;
    std::string after_commit;
};

Bounds commit(const ProxiedShop& shop, const std::string& changes) {
    const auto connection = shop.source.connect("shop");
    pqxx::work work(*connection);
    work.exec(changes);
    Bounds bounds;
    bounds.before_commit = work.exec("SELECT pg_current_wal_insert_lsn()")[0][0].c_str();
    work.commit();
    bounds.after_commit = shop.source.value("SELECT pg_current_wal_insert_lsn()");
    return bounds;
}

}  // namespace

TEST_CASE("a COMMIT whose answer is lost is not repeated, and one that is lost itself is",
          "[ambiguous-commit]") {
    const Passage how = GENERATE(Passage::CutAtCompletion, Passage::Cut);
    const bool committed = how == Passage::CutAtCompletion;
    INFO((committed ? "the answer is lost" : "the COMMIT is lost"));
    ProxiedShop shop;
    shop.source.exec(ambiguous_commit_tables, "shop");
    CommitCutter cutter(*shop.proxy);
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    const std::pair<std::string, std::string> rounds[] = {
        {"inserts",
         "INSERT INTO keyed SELECT g, 'inserts' FROM generate_series(1001, 1100) g;"
         "INSERT INTO bag SELECT 'inserts' FROM generate_series(1, 100)"},
        {"updates",
         "UPDATE keyed SET mark = 'updates' WHERE id <= 100;"
         "INSERT INTO bag SELECT 'updates' FROM generate_series(1, 60);"
         "DELETE FROM bag WHERE ctid IN (SELECT ctid FROM bag WHERE mark = 'old' LIMIT 50);"
         "UPDATE bag SET mark = 'updates' WHERE ctid IN (SELECT ctid FROM bag WHERE mark = 'old' LIMIT 40)"},
    };
    for (const auto& [mark, changes] : rounds) {
        INFO(mark);
        cutter.arm(how, "keyed");
        const Bounds bounds = commit(shop, changes);
        const bool cut = eventually([&] { return cutter.has_cut(); });
        INFO(shop.ferry->log_tail());
        REQUIRE(cut);
        // An answer that is swallowed has come: nothing has to be waited for.
        const std::string found = committed ? "100" : "0";
        const auto count = [&](const std::string& table) {
            return shop.warehouse(
                fmt::format("SELECT count(*) FROM public.{} WHERE mark = '{}'", table, mark));
        };
        if (committed) CHECK(eventually([&] { return count("keyed") != "0"; }, seconds(5)));
        CHECK(count("keyed") == found);
        CHECK(count("bag") == found);
        CHECK(shop.warehouse(fmt::format("SELECT lsn {} FROM walferry.checkpoint",
                                         committed ? "> '" + bounds.before_commit + "'"
                                                   : "< '" + bounds.after_commit + "'")) == "t");
        shop.proxy->set_open(true);
        REQUIRE(shop.ferry->caught_up());
        CHECK(count("keyed") == "100");
        CHECK(count("bag") == "100");
    }
    shop.end_well();
}

TEST_CASE("copies and streams go on whichever of their COMMITs is lost", "[ambiguous-commit]") {
    ProxiedShop shop;
    shop.source.exec(workload_tables_sql(), "shop");
    Workload workload(shop.source, "shop", {.seed = 801, .large_rows = 3000, .pause_ms = 5});
    workload.run(20);
    constexpr int cuts_max = 8;  // each makes the pause before the next attempt longer
    std::atomic<int> cuts = 0;
    int commits = 0;
    shop.proxy->watch([&](const WireMessage& message) {
        if (!message.is_query("COMMIT") || cuts == cuts_max || ++commits % 7 != 0) return Passage::Forward;
        return ++cuts % 3 == 0 ? Passage::Cut : Passage::CutAtCompletion;
    });
    workload.start();
    shop.ferry->start();
    const bool all_cut = eventually([&] { return cuts == cuts_max || !shop.ferry->running(); }, seconds(90));
    workload.stop();
    shop.proxy->watch({});
    INFO(shop.ferry->log_tail());
    CHECK(all_cut);
    REQUIRE(shop.ferry->running());
    shop.end_well();
}

TEST_CASE("a first start goes on whichever answer to a COMMIT is lost", "[ambiguous-commit]") {
    PgCluster source;
    PgCluster warehouse_server;
    std::atomic<int> answers = 0;
    int lost = 0;
    WireProxy proxy(warehouse_server);
    do {
        ++lost;
        INFO("the answer that is lost: " << lost);
        source.create_database("shop");
        warehouse_server.create_database("warehouse");
        source.exec(ambiguous_commit_tables, "shop");
        Ferry ferry(source, "shop",
                    {.warehouse = PgDatabase{warehouse_server, "warehouse"},
                     .warehouse_connection = proxy.url("warehouse")});
        answers = 0;
        proxy.watch([&answers, lost](const WireMessage& message) {
            const bool is_answer =
                message.sender == Sender::Server && message.type == 'C' && message.body.starts_with("COMMIT");
            return is_answer && ++answers == lost ? Passage::Cut : Passage::Forward;
        });
        const Completed arrived = ferry.catch_up();
        INFO(arrived.err);
        REQUIRE(arrived.exit == Exit{});
        REQUIRE(ferry.differences() == "");
        source.exec("SELECT pg_drop_replication_slot('walferry_shop')");
        source.drop_database("shop");
        warehouse_server.drop_database("warehouse");
    } while (answers >= lost);
    CHECK(lost > 5);
}

TEST_CASE("an instance whose raised epoch was committed without an answer goes on by itself",
          "[ambiguous-commit]") {
    const Passage how = GENERATE(Passage::CutAtCompletion, Passage::Cut);
    const bool at_first_start = GENERATE(true, false);
    INFO((how == Passage::Cut ? "the COMMIT is lost" : "the answer is lost"));
    INFO((at_first_start ? "at the first start" : "after a lost connection"));
    ProxiedShop shop;
    shop.source.exec(ambiguous_commit_tables, "shop");
    CommitCutter cutter(*shop.proxy);
    if (at_first_start) cutter.arm(how, "SET epoch = epoch + 1");
    shop.ferry->start();
    if (!at_first_start) {
        REQUIRE(shop.ferry->all_tables_are("streaming"));
        cutter.arm(how, "SET epoch = epoch + 1");
        shop.proxy->cut_all();
        // It notices when it writes next.
        shop.source.exec("INSERT INTO bag VALUES ('new')", "shop");
    }
    const bool cut = eventually([&] { return cutter.has_cut(); });
    INFO(shop.ferry->log_tail());
    REQUIRE(cut);
    const std::string epoch = shop.warehouse("SELECT epoch FROM walferry.checkpoint");
    shop.proxy->set_open(true);
    const bool gone_on = eventually([&] {
        return !shop.ferry->running() ||
               shop.warehouse("SELECT epoch > " + epoch + " FROM walferry.checkpoint") == "t";
    });
    CHECK(gone_on);
    REQUIRE(shop.ferry->running());
    shop.source.exec("UPDATE keyed SET mark = 'new'; INSERT INTO bag VALUES ('new')", "shop");
    shop.end_well();
}
