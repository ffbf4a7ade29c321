#include <fmt/format.h>
#include <httplib.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/integration/damaged_shop.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::seconds;

namespace {

constexpr const char* all_modes =
    "  - match: public.*\n    targets: [ { mode: upsert }, { mode: scd2 }, { mode: append } ]\n";

/// A day a row from 2026-01-01 on, four a month of their own partition.
constexpr const char* events =
    "CREATE TABLE events (id bigint, made timestamptz, total numeric(10,2), note text, PRIMARY KEY (id, "
    "made)) "
    "PARTITION BY RANGE (made);"
    "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');"
    "CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');"
    "CREATE TABLE events_rest PARTITION OF events DEFAULT;"
    "INSERT INTO events SELECT g, timestamptz '2026-01-01 12:00+00' + g * interval '1 day', g / 7.0, 'note ' "
    "|| g "
    "FROM generate_series(0, 89) g";

constexpr const char* orders =
    "CREATE TABLE orders (id bigint PRIMARY KEY, made timestamptz, total numeric(10,2), note text, secret "
    "text);"
    "INSERT INTO orders SELECT g, timestamptz '2026-01-01 12:00+00' + g * interval '1 day', g / 7.0, 'note ' "
    "|| g, "
    "'x' FROM generate_series(0, 89) g";

std::string orders_key(int id) {
    return fmt::format("public.orders\t{{\"id\": {}}}\t", id);
}

/// Of the targets' rows: in January some are gone, changed, or should not be there; in March one is changed.
/// 8 is in January at the source alone, 70 in the targets alone.
constexpr const char* orders_damage =
    "DELETE FROM public.orders WHERE id = 5; UPDATE public.orders SET total = 0 WHERE id = 7;"
    "INSERT INTO public.orders (id, made, note) VALUES (9001, '2026-01-09 00:00:00+00', 'ghost');"
    "UPDATE public.orders SET made = '2026-05-01 00:00:00+00' WHERE id = 8;"
    "UPDATE public.orders SET made = '2026-01-30 00:00:00+00' WHERE id = 70;"
    "DELETE FROM public.orders_history WHERE id = 6; UPDATE public.orders_history SET note = 'x' WHERE id = "
    "9;"
    "UPDATE public.orders_changes SET note = 'x' WHERE id = 10; DELETE FROM public.orders_changes WHERE id = "
    "11;"
    "UPDATE public.orders SET total = 0 WHERE id = 75; DELETE FROM public.orders_history WHERE id = 76;"
    "DELETE FROM public.orders_changes WHERE id = 77;";

Lines sorted(Lines lines) {
    std::sort(lines.begin(), lines.end());
    return lines;
}

int http_port(const Ferry& ferry) {
    const std::string config = read_file(ferry.config());
    const std::string listen = "127.0.0.1:";
    const std::size_t at = config.find(listen, config.find("http:"));
    return std::stoi(config.substr(at + listen.size()));
}

}  // namespace

TEST_CASE("a resync of a part makes the rows inside equal and leaves those outside alone", "[verify-part]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    const bool running = GENERATE(true, false);
    INFO(name_of(target) << (running ? ", running" : ", stopped"));
    DamagedShop shop(target,
                     {.tables = "  - match: public.*\n    exclude_columns: [secret]\n    targets: [ { mode: "
                                "upsert }, { mode: scd2 }, { mode: append } ]\n"});
    shop.sql(orders);
    shop.copy();
    shop.damage(orders_damage);
    if (running) {
        shop.start();
    }
    const std::string january = "made >= '2026-01-01' AND made < '2026-02-01'";
    const Completed part = shop.verify({"public.orders", "--where", january});
    INFO(part.out << part.err);
    CHECK(sorted_lines(part.out) ==
          sorted({orders_key(10) + "changed", orders_key(11) + "missing", orders_key(5) + "missing",
                  orders_key(6) + "missing", orders_key(7) + "changed", orders_key(70) + "changed",
                  orders_key(8) + "changed", orders_key(9) + "changed", orders_key(9001) + "extra"}));
    const Completed repaired = shop.ferry->command("resync", {"public.orders", "--where", january});
    INFO(repaired.out << repaired.err << (running ? shop.ferry->log_tail() : ""));
    CHECK(repaired.exit == Exit{0, 0});
    CHECK(repaired.out == "public.orders: 9 rows made equal where " + january + "\n");
    CHECK(shop.verify({"public.orders", "--where", january}).exit == Exit{0, 0});
    const Completed all = shop.verify();
    CHECK(sorted_lines(all.out) ==
          Lines{orders_key(75) + "changed", orders_key(76) + "missing", orders_key(77) + "missing"});

    const auto usage = [&](const std::vector<std::string>& arguments, const std::string& why) {
        const Completed refused = shop.ferry->command("resync", arguments);
        INFO(refused.err);
        CHECK(refused.exit == Exit{2, 0});
        CHECK(refused.err.find(why) != std::string::npos);
    };
    usage({"public.orders", "--where", "mode > '2026-01-01'"}, "did you mean made?");
    usage({"public.orders", "--where", "made > 'yesteryear'"}, "where: at character 8");
    usage({"public.orders", "--where", "made > "}, "where: at its end: a value has to stand there");
    usage({"public.orders", "--where", "secret = 'x'"}, "secret is excluded");
    usage({"public.orders", "--where", "note > 'x'"}, "can be put in an order");
    usage({"public.orders", "--partition", "orders_1"}, "no such partition");
    if (!running) return;
    httplib::Client client("127.0.0.1", http_port(*shop.ferry));
    const auto post = [&](const std::string& body) {
        return client.Post("/api/v1/verify", body, "application/json");
    };
    const auto wrong = post(R"j({"tables": ["public.orders"], "where": "mode = 1"})j");
    REQUIRE(wrong);
    CHECK(wrong->status == 400);
    CHECK(wrong->body.find("did you mean made?") != std::string::npos);
    const auto right = post(R"j({"tables": ["public.orders"], "where": "id IN (75, 5)"})j");
    REQUIRE(right);
    CHECK(right->status == 200);
    CHECK(right->body.find(R"j("key":{"id":75},"difference":"changed")j") != std::string::npos);
    CHECK(right->body.find("\"id\":76") == std::string::npos);
}

TEST_CASE("a partition whose rows were deleted in the targets is filled again, and no other",
          "[verify-part]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    DamagedShop shop(target,
                     {.tables = "  - match: public.bare\n    mode: upsert\n" + std::string(all_modes)});
    shop.sql(std::string(events) + ";CREATE TABLE bare (a integer); ALTER TABLE bare REPLICA IDENTITY FULL");
    shop.copy();
    shop.damage(
        "DELETE FROM public.events WHERE made >= '2026-02-01 00:00:00+00' AND made < '2026-03-01 "
        "00:00:00+00';"
        "UPDATE public.events SET note = NULL WHERE id IN (0, 80)");
    const Completed filled = shop.ferry->command("resync", {"--partition", "events_2"});
    INFO(filled.out << filled.err);
    CHECK(filled.exit == Exit{0, 0});
    CHECK(filled.out == "public.events: 28 rows made equal in partition events_2\n");
    CHECK(sorted_lines(shop.verify({"public.events"}).out).size() == 2);
    const Completed first =
        shop.ferry->command("resync", {"public.events", "--partition", "public.events_1", "--rate", "1000"});
    INFO(first.out << first.err);
    CHECK(first.exit == Exit{0, 0});
    CHECK(sorted_lines(shop.verify({"public.events"}).out).size() == 1);

    const Completed rest = shop.ferry->command("resync", {"--partition", "public.events_rest"});
    CHECK(rest.exit == Exit{2, 0});
    CHECK(rest.err.find("public.events_rest is a default partition") != std::string::npos);
    const Completed keyless = shop.ferry->command("resync", {"public.bare", "--where", "a = 1"});
    CHECK(keyless.exit == Exit{2, 0});
    CHECK(keyless.err.find("resync") != std::string::npos);
    CHECK(shop.verify({"public.bare", "--where", "a = 1"}).exit == Exit{0, 0});
    CHECK(shop.verify({"--where", "a = 1"}).exit == Exit{2, 0});
}

TEST_CASE("a partition by two columns is made equal, and of a history the columns that it tracks",
          "[verify-part]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    DamagedShop shop(target,
                     {.tables = "  - match: public.readings\n    targets: [ { mode: upsert }, { mode: "
                                "scd2, track: [v] } ]\n"});
    shop.sql(
        "CREATE TABLE readings (site integer, day date, v integer, note text, PRIMARY KEY (site, day)) "
        "PARTITION BY RANGE (site, day);"
        "CREATE TABLE readings_a PARTITION OF readings FOR VALUES FROM (1, '2026-01-10') TO (2, "
        "'2026-01-05');"
        "CREATE TABLE readings_b PARTITION OF readings FOR VALUES FROM (2, '2026-01-05') TO (MAXVALUE, "
        "MAXVALUE);"
        "CREATE TABLE readings_c PARTITION OF readings FOR VALUES FROM (MINVALUE, MINVALUE) TO (1, "
        "'2026-01-10');"
        "INSERT INTO readings SELECT s, date '2026-01-01' + d, s * d, 'n' FROM generate_series(1, 3) s, "
        "generate_series(0, 19) d");
    shop.copy();
    // Of each partition a row is gone, one has another value; in a, one has another note, which is not
    // tracked.
    shop.damage(
        "DELETE FROM public.readings WHERE (site, day) IN ((1, DATE '2026-01-10'), (2, DATE '2026-01-05'), "
        "(1, DATE '2026-01-09'));"
        "UPDATE public.readings_history SET v = -1 WHERE (site, day) IN ((2, DATE '2026-01-04'), (2, DATE "
        "'2026-01-06'), (1, DATE '2026-01-02'));"
        "UPDATE public.readings_history SET note = 'x' WHERE site = 1 AND day = DATE '2026-01-11'");
    const auto differing = [&] { return sorted_lines(shop.verify({"public.readings"}).out).size(); };
    const std::size_t before = differing();
    CHECK(before >= 6);
    const Completed made = shop.ferry->command("resync", {"--partition", "readings_a"});
    INFO(made.out << made.err);
    CHECK(made.exit == Exit{0, 0});
    CHECK(differing() == 4);
    CHECK(shop.ferry->command("resync", {"--partition", "readings_b"}).exit == Exit{0, 0});
    CHECK(differing() == 2);
    CHECK(shop.ferry->command("resync", {"--partition", "readings_c"}).exit == Exit{0, 0});
    CHECK(shop.verify({"public.readings"}).exit == Exit{0, 0});
    CHECK(shop.ferry->differences({"public.readings_history"}) == "");
}

TEST_CASE("nothing goes back in time while rows are repaired that change all the time", "[verify-part]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    DamagedShop shop(target, {.tables = all_modes});
    shop.sql(
        "CREATE TABLE t (id integer PRIMARY KEY, v bigint NOT NULL); INSERT INTO t SELECT g, 0 FROM "
        "generate_series(1, 1500) g");
    shop.copy();
    shop.damage(
        "UPDATE public.t SET v = -1; DELETE FROM public.t_history WHERE id % 2 = 0; DELETE FROM "
        "public.t_changes WHERE id % 3 = 0");
    shop.start();
    std::atomic<bool> stopping = false;
    std::thread load([&] {
        const auto connection = shop.source.connect("shop");
        // Not more than a slow machine can apply while the command waits for it.
        for (int i = 0; !stopping && i < 400; ++i) {
            pqxx::work work(*connection);
            work.exec(fmt::format("UPDATE t SET v = v + 1 WHERE id % 100 = {}", i * 37 % 100));
            work.exec(fmt::format("DELETE FROM t WHERE id = {0}; INSERT INTO t VALUES ({0}, {1})", i % 50 + 1,
                                  i + 1));
            work.commit();
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    });
    const Completed repaired =
        shop.ferry->command("resync", {"public.t", "--where", "id <= 1400"}, seconds(120));
    stopping = true;
    load.join();
    INFO(repaired.out << repaired.err << shop.ferry->log_tail());
    CHECK(repaired.exit.signal == 0);
    REQUIRE(shop.ferry->caught_up());
    // What changed too fast then can be told now.
    const Completed rest = shop.ferry->command("resync", {"public.t", "--where", "id > 0"});
    INFO(rest.out << rest.err);
    CHECK(rest.exit == Exit{0, 0});
    REQUIRE(shop.ferry->stop() == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
    const auto steps_back = [&](const std::string& table, const std::string& rows, const std::string& order) {
        return shop.ferry->warehouse_value(fmt::format(
            "SELECT count(*) FROM (SELECT v, lag(v) OVER (PARTITION BY id ORDER BY {}) AS before FROM "
            "{} WHERE {}) AS x WHERE v < before",
            order, table, rows));
    };
    CHECK(steps_back("public.t_changes", "id > 50 AND _op <> 'd'", "_lsn, _seq") == "0");
    CHECK(steps_back("public.t_history", "id > 50", "valid_from, _walferry_lsn") == "0");
    CHECK(shop.ferry->warehouse_value(
              "SELECT count(*) FROM (SELECT 1 FROM public.t_history WHERE is_current GROUP "
              "BY id HAVING count(*) > 1) AS x") == "0");
}

TEST_CASE("a repair that was killed is finished by the next one", "[verify-part]") {
    DamagedShop shop(Target::Postgres, {.tables = "  - match: public.t\n    mode: upsert\n"});
    shop.sql(
        "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t SELECT g, 'v' || g FROM "
        "generate_series(1, 12000) g");
    shop.copy();
    shop.damage("DELETE FROM public.t WHERE id <= 11000");
    shop.start();
    Completed killed;
    std::thread command([&] {
        killed = shop.ferry->command("resync", {"public.t", "--where", "id <= 11000"});
    });
    CHECK(eventually([&] { return shop.source.value("SELECT count(*) FROM t", "warehouse") != "1000"; }));
    shop.ferry->kill();
    command.join();
    INFO(killed.err);
    CHECK(killed.exit == Exit{4, 0});
    CHECK(shop.ferry->command("resync", {"public.t", "--where", "id <= 11000"}).exit == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("a row that the target refuses is left, and the others of its batch are repaired",
          "[verify-part]") {
    DamagedShop shop(Target::Postgres, {.tables = "  - match: public.t\n    mode: upsert\n"});
    shop.sql(
        "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t SELECT g, 'v' || g FROM "
        "generate_series(1, 200) g");
    shop.copy();
    shop.damage(
        "UPDATE public.t SET v = 'x' WHERE id <= 100; ALTER TABLE public.t ADD CONSTRAINT odd CHECK (v NOT "
        "IN ('v7', 'v90'))  NOT VALID");
    const Completed repaired = shop.ferry->command("resync", {"public.t", "--where", "id BETWEEN 1 AND 100"});
    INFO(repaired.out << repaired.err);
    CHECK(repaired.exit == Exit{1, 0});
    CHECK(repaired.out == "public.t: 98 rows made equal where id BETWEEN 1 AND 100; 2 not\n");
    CHECK(repaired.err.find("{\"id\": 7}\tchanged\tnot repaired: ") != std::string::npos);
    CHECK(sorted_lines(shop.verify().out) ==
          Lines{"public.t\t{\"id\": 7}\tchanged", "public.t\t{\"id\": 90}\tchanged"});
}

TEST_CASE("a service with `verify:` compares by itself, and its metric shows what differs", "[verify-part]") {
    DamagedShop shop(Target::DuckDb, {.more = "verify: { every: 1s }\n"});
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3)");
    shop.copy();
    shop.damage("DELETE FROM public.t WHERE id = 2");
    shop.start();
    httplib::Client client("127.0.0.1", http_port(*shop.ferry));
    const auto metric_says = [&](const std::string& count) {
        const auto answer = client.Get("/metrics");
        return answer && answer->body.find(
                             "walferry_verify_mismatches{pipeline=\"shop\",table=\"public.t\","
                             "target=\"public.t\"} " +
                             count) != std::string::npos;
    };
    CHECK(eventually([&] { return metric_says("1"); }));
    const auto repaired = [&] { return shop.ferry->command("verify", {"--repair"}).exit == Exit{0, 0}; };
    CHECK(eventually(repaired));  // unless the schedule compares just then
    CHECK(eventually([&] { return metric_says("0"); }));
}
