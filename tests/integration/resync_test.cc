#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "tests/integration/resync_shop.h"
#include "tests/integration/workload.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using nlohmann::json;
using std::chrono::seconds;

namespace {

Target either() {
    return GENERATE(Target::DuckDb, Target::Postgres);
}

constexpr const char* resync_table =
    "CREATE TABLE t (id integer PRIMARY KEY, v text, n integer);"
    "INSERT INTO t SELECT g, 'v' || g, 0 FROM generate_series(1, 3000) g;";

/// A row lost, one changed, a ghost.
constexpr const char* harm =
    "DELETE FROM public.t WHERE id = 1; UPDATE public.t SET v = 'wrong' WHERE id = 2;"
    "INSERT INTO public.t (id, v, n) VALUES (-5, 'ghost', 1)";

/// Changes rows of t from 1000 on, for as long as it lives.
class Traffic {
 public:
    explicit Traffic(const ResyncShop& shop)
        : thread_([&shop](std::stop_token stop) {
              const auto connection = shop.source.connect("shop");
              pqxx::nontransaction session(*connection);
              Random random(7);
              for (int next = 10'000; !stop.stop_requested(); ++next) {
                  session.exec(fmt::format(
                      "BEGIN; UPDATE t SET n = n + 1 WHERE id = {}; DELETE FROM t WHERE id = {}; INSERT INTO "
                      "t VALUES ({}, 'new', 0); COMMIT",
                      1000 + below(random, 1000), 2000 + below(random, 1000), next));
              }
          }) {}

 private:
    std::jthread thread_;
};

void check_done(const Completed& completed, const std::string& out) {
    INFO(completed.err);
    CHECK(completed.exit == Exit{0, 0});
    CHECK(completed.out == out);
}

}  // namespace

TEST_CASE("a damaged target is made equal while its table and others change", "[resync]") {
    ResyncShop shop(either());
    INFO(name_of(shop.target));
    shop.set_up(std::string(resync_table) + workload_tables_sql());
    shop.damage(harm);
    shop.serve();
    Workload workload(shop.source, "shop", {.seed = 11, .truncates = false, .large_rows = 0, .pause_ms = 2});
    workload.start();
    Completed completed;
    {
        const Traffic traffic(shop);
        completed = shop.resync({"public.t"});
    }
    workload.stop();
    INFO(completed.err << shop.ferry->log_tail());
    CHECK(completed.exit == Exit{0, 0});
    CHECK_THAT(completed.out, CONTAINS_TEXT("public.t\tdone\trows "));
    CHECK_THAT(completed.out, CONTAINS_TEXT("\tchanged 3\n"));
    CHECK(shop.listed() == "1:public.t:done");
    shop.close();
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("without a running service the command carries the resync out itself, and catches up", "[resync]") {
    ResyncShop shop(either());
    INFO(name_of(shop.target));
    shop.set_up(resync_table);
    shop.damage(harm);
    shop.sql("UPDATE t SET n = 7 WHERE id < 10; DELETE FROM t WHERE id = 2000");
    check_done(shop.resync({"t"}), "public.t\tdone\trows 2999\tchanged 0\n");
    CHECK(shop.ferry->differences() == "");
    CHECK(shop.ferry->slot("active") == "f");
}

TEST_CASE("a history closes what vanished, opens what differs, and keeps all that was", "[resync]") {
    ResyncShop shop(either(), {.tables = "  - match: public.*\n    targets: [ { mode: upsert }, { mode: scd2 "
                                         "}, { mode: append } ]\n"});
    INFO(name_of(shop.target));
    shop.set_up("CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b')");
    shop.sql("UPDATE t SET v = 'a2' WHERE id = 1; INSERT INTO t VALUES (3, 'c')");
    REQUIRE(shop.ferry->catch_up().exit == Exit{0, 0});
    shop.damage(
        "UPDATE public.t_history SET v = 'wrong' WHERE id = 2; DELETE FROM public.t WHERE id = 3;"
        "UPDATE public.t_history SET id = 9 WHERE id = 3");
    const auto count = [&](const std::string& what) {
        return shop.ferry->warehouse_value("SELECT count(*) FROM public." + what);
    };
    REQUIRE(count("t_history") == "4");
    const Completed completed = shop.resync({"public.t"});
    INFO(completed.err);
    CHECK(completed.exit == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
    CHECK(count("t_history WHERE id = 1") == "2");
    CHECK(count("t_history WHERE id = 1 AND is_current AND v = 'a2'") == "1");
    CHECK(count("t_history WHERE id = 2 AND NOT is_current AND v = 'wrong' AND valid_to IS NOT NULL") == "1");
    CHECK(count("t_history WHERE id = 2 AND is_current AND v = 'b' AND valid_to IS NULL") == "1");
    CHECK(count("t_history WHERE id = 9 AND NOT is_current AND valid_to IS NOT NULL") == "1");
    CHECK(count("t_history WHERE id = 3 AND is_current AND v = 'c'") == "1");
    CHECK(count("t_history") == "6");
    CHECK(count("t_changes WHERE _op = 'r' AND id = 2 AND v = 'b'") == "2");
    CHECK(count("t_changes WHERE _op = 'r' AND id = 3 AND v = 'c'") == "1");
    CHECK(count("t_changes WHERE _op <> 'r'") == "2");
}

TEST_CASE("a table without key gets the right number of each row", "[resync]") {
    ResyncShop shop(either());
    INFO(name_of(shop.target));
    shop.set_up(
        "CREATE TABLE t (v text, n integer); ALTER TABLE t REPLICA IDENTITY FULL;"
        "INSERT INTO t SELECT 'v' || g % 10, NULLIF(g % 3, 0) FROM generate_series(1, 300) g");
    shop.damage(
        "DELETE FROM public.t WHERE v = 'v3'; INSERT INTO public.t (v, n) SELECT v, n FROM public.t WHERE v "
        "= 'v4'; INSERT INTO public.t (v, n) VALUES (NULL, NULL)");
    shop.serve();
    const Completed completed = shop.resync({"public.t"});
    INFO(completed.err);
    CHECK(completed.exit == Exit{0, 0});
    shop.sql("UPDATE t SET n = 5 WHERE v = 'v3'; DELETE FROM t WHERE v = 'v4'");
    shop.close();
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("a resync whose service is killed goes on with the next, and whoever waits sees its end",
          "[resync]") {
    ResyncShop shop(either());
    INFO(name_of(shop.target));
    shop.set_up(resync_table);
    shop.damage(harm);
    shop.serve();
    Process waiting = shop.begin_resync({"public.t", "--rate", "1000"});
    REQUIRE(shop.one_is("copying"));
    shop.ferry->kill();
    shop.sql("UPDATE t SET n = 3 WHERE id = 7; DELETE FROM t WHERE id = 8");
    std::this_thread::sleep_for(seconds(1));
    shop.serve();
    const auto exit = waiting.wait(seconds(60));
    INFO(waiting.err() << shop.ferry->log_tail());
    REQUIRE(exit);
    CHECK(*exit == Exit{0, 0});
    CHECK_THAT(waiting.err(), CONTAINS_TEXT("it goes on by itself when the service is back"));
    CHECK_THAT(waiting.err(), CONTAINS_TEXT("the service answers again"));
    CHECK_THAT(waiting.out(), CONTAINS_TEXT("public.t\tdone\t"));
    CHECK(shop.listed() == "1:public.t:done");
    shop.close();
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("a cancelled resync leaves the target as it was, and the next one makes it equal", "[resync]") {
    ResyncShop shop(either());
    INFO(name_of(shop.target));
    shop.set_up(resync_table);
    shop.damage(harm);
    shop.serve();
    Process waiting = shop.begin_resync({"public.t", "--rate", "100"});
    REQUIRE(shop.one_is("copying"));
    CHECK(shop.resync({"--cancel", "public.t"}).out == "public.t\tcancelled\n");
    CHECK(waiting.wait(seconds(30)) == Exit{1, 0});
    CHECK(waiting.out() == "public.t\tcancelled\n");
    shop.sql("UPDATE t SET n = 1 WHERE id = 500");
    shop.close();
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM public.t WHERE id IN (-5, 1)") == "1");
    CHECK(shop.ferry->warehouse_value("SELECT v FROM public.t WHERE id = 2") == "wrong");
    CHECK(shop.ferry->warehouse_value("SELECT n FROM public.t WHERE id = 500") == "1");
    check_done(shop.resync({"public.t"}), "public.t\tdone\trows 3000\tchanged 0\n");
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("a second request joins the first, others wait their turn, and Ctrl-C leaves them to the service",
          "[resync]") {
    ResyncShop shop(either());
    INFO(name_of(shop.target));
    shop.set_up(std::string(resync_table) +
                "CREATE TABLE u (id integer PRIMARY KEY); INSERT INTO u VALUES (1)");
    shop.damage(harm);
    shop.serve();
    Process left = shop.begin_resync({"public.t", "--rate", "1000"});
    REQUIRE(shop.one_is("copying"));
    left.signal(SIGINT);
    const auto exit = left.wait(seconds(20));
    CHECK(exit == Exit{1, 0});
    CHECK_THAT(left.err(), CONTAINS_TEXT("the service goes on with the resync"));
    CHECK_THAT(left.err(), CONTAINS_TEXT("--cancel"));
    const Completed both = shop.resync({"public.t", "public.u", "--json"});
    INFO(both.err << shop.ferry->log_tail());
    CHECK(both.exit == Exit{0, 0});
    const json resyncs = json::parse(both.out, nullptr, false);
    REQUIRE(resyncs.size() == 2);
    CHECK(resyncs[0]["id"] == 1);
    CHECK(resyncs[0]["state"] == "done");
    CHECK(resyncs[1]["id"] == 2);
    CHECK(shop.resync({"public.x"}).exit == Exit{2, 0});
    CHECK(shop.listed() == "2:public.u:done 1:public.t:done");
    shop.close();
    CHECK(shop.ferry->differences() == "");
}
