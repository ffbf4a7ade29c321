#include <nlohmann/json.hpp>

#include "tests/integration/duckdb_file.h"
#include "tests/integration/shop.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using nlohmann::json;

namespace {

/// Three open letters of pipeline shop, and one of another pipeline.
std::string letters_sql(Target target) {
    std::string sql;
    for (int id = 1; id <= 4; ++id) {
        const std::string number = std::to_string(id);
        const std::string lsn = target == Target::DuckDb ? number + "0" : "'0/" + number + "0'";
        sql +=
            "INSERT INTO walferry.dead_letter (id, pipeline, created_at, stage, error_code, error, "
            "source_table, "
            "target_table, op, key, before, after, commit_lsn, seq, xid, commit_ts, attempts, "
            "last_attempt_at, "
            "state) VALUES (" +
            number + ", '" + (id == 4 ? "other" : "shop") + "', '2026-01-0" + number +
            " 00:00:00+00', 'apply', '23514', 'it''s refused', 'public." + (id == 1 ? "t" : "u") +
            "', 'public.t', 'u', '{\"id\":\"" + number + "\"}', NULL, '{\"id\":\"" + number +
            "\",\"v\":null}', " + lsn + ", 7, 4000000000, now(), 1, now(), 'pending');\n";
    }
    return sql;
}

struct LetterShop : Shop {
    explicit LetterShop(Target of_target) : Shop(of_target), target(of_target) {
        sql("CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a')");
        const Completed caught_up = ferry->catch_up();
        INFO(caught_up.err);
        REQUIRE(caught_up.exit == Exit{0, 0});
        warehouse_sql(letters_sql(target));
    }

    void warehouse_sql(const std::string& sql) {
        if (target == Target::DuckDb) {
            duckdb_execute(ferry->duckdb_path(), sql);
        } else {
            source.exec(sql, "warehouse");
        }
    }
    Completed dlq(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin() + 1, ferry->config());
        arguments.insert(arguments.begin(), "dlq");
        return run_walferry(arguments);
    }
    json listed(std::vector<std::string> arguments = {}) const {
        arguments.insert(arguments.begin(), "list");
        arguments.push_back("--json");
        const Completed completed = dlq(arguments);
        INFO(completed.err);
        CHECK(completed.exit == Exit{0, 0});
        return json::parse(completed.out, nullptr, false);
    }
    std::string ids(const std::vector<std::string>& arguments = {}) const {
        std::string text;
        for (const json& letter : listed(arguments))
            text += (text.empty() ? "" : " ") + letter.at("id").dump();
        return text;
    }

    Target target;
};

/// Whether a service runs meanwhile or not, all of this is the same.
void check_commands(LetterShop& shop) {
    CHECK(shop.ids() == "1 2 3");
    const json first = shop.listed().at(0);
    CHECK(first["table"] == "public.t");
    CHECK(first["key"] == json{{"id", "1"}});
    CHECK(first["op"] == "u");
    CHECK(first["lsn"].get<std::string>().starts_with("0/"));
    CHECK(first["stage"] == "apply");
    CHECK(first["error"] == "it's refused");
    CHECK(first["attempts"] == 1);
    CHECK(first["created_at"] == "2026-01-01T00:00:00.000000Z");
    CHECK(first["payload"] == json{{"before", nullptr}, {"after", {{"id", "1"}, {"v", nullptr}}}});
    CHECK(first["xid"] == 4'000'000'000);
    CHECK(first["seq"] == 7);

    CHECK(shop.ids({"--table", "public.u"}) == "2 3");
    CHECK(shop.ids({"--since", "2026-01-02", "--until", "2026-01-03"}) == "2");
    CHECK(shop.ids({"--stage", "map"}).empty());
    CHECK(shop.ids({"3", "4"}) == "3");
    CHECK(shop.dlq({"list"}).out.find("(3 rows)") != std::string::npos);
    CHECK(shop.ferry->status()["dead_letters"] == 3);

    const Completed shown = shop.dlq({"show", "2"});
    CHECK(shown.exit == Exit{0, 0});
    CHECK(shown.out.find("v = NULL") != std::string::npos);
    CHECK(shop.dlq({"show", "4"}).exit == Exit{1, 0});

    const Completed replayed = shop.dlq({"replay", "1"});
    INFO(replayed.out << replayed.err);
    CHECK(replayed.exit == Exit{0, 0});
    CHECK(replayed.out == "1 public.t {\"id\":\"1\"} → superseded\n");
    CHECK(shop.ids() == "2 3");

    const Completed discarded = shop.dlq({"discard", "3"});
    INFO(discarded.err);
    CHECK(discarded.exit == Exit{0, 0});
    CHECK(discarded.out == "discarded 1 dead letter\n");
    CHECK(shop.ids() == "2");
    CHECK(shop.dlq({"discard", "3", "2"}).exit == Exit{1, 0});
    CHECK(shop.ids().empty());
    CHECK(shop.ferry->status()["dead_letters"] == 0);
    CHECK(shop.dlq({"show", "3", "--json"}).out.find("\"discarded\"") != std::string::npos);
}

}  // namespace

TEST_CASE("dead letters are listed, shown and discarded while no service runs", "[dead-letters]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    LetterShop shop(target);
    check_commands(shop);
    CHECK(shop.ferry->warehouse_value("SELECT state FROM walferry.dead_letter WHERE id = 4") == "pending");
}

TEST_CASE("dead letters are listed, shown and discarded through the running service", "[dead-letters]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    LetterShop shop(target);
    shop.ferry->start();
    INFO(shop.ferry->log_tail());
    REQUIRE(shop.ferry->caught_up());
    check_commands(shop);
    shop.sql("INSERT INTO t VALUES (2, 'b')");
    CHECK(shop.ferry->caught_up());
    CHECK(shop.ferry->stop() == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
    CHECK(shop.ferry->warehouse_value("SELECT state FROM walferry.dead_letter WHERE id = 4") == "pending");
}

TEST_CASE("what the warehouse lacks is there once its letters are replayed", "[dead-letters]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    const bool running = GENERATE(false, true);
    INFO(name_of(target));
    CAPTURE(running);
    LetterShop shop(target);
    shop.sql("INSERT INTO t VALUES (5, 'it''s back'), (6, NULL)");
    REQUIRE(shop.ferry->catch_up().exit == Exit{0, 0});
    shop.warehouse_sql(
        "DELETE FROM public.t WHERE id >= 5; UPDATE walferry.dead_letter SET op = 'c', source_table = "
        "'public.t', "
        "\"key\" = '{\"id\":\"5\"}', \"after\" = '{\"id\":\"5\",\"v\":\"it''s back\"}' WHERE id = 2; UPDATE "
        "walferry.dead_letter SET op = 'c', source_table = 'public.t', \"key\" = '{\"id\":\"6\"}', \"after\" "
        "= "
        "'{\"id\":\"6\",\"v\":null}' WHERE id = 3");
    if (running) {
        shop.ferry->start();
        REQUIRE(shop.ferry->caught_up());
    }
    const Completed replayed = shop.dlq({"replay"});
    INFO(replayed.err);
    CHECK(replayed.exit == Exit{0, 0});
    CHECK(replayed.out ==
          "1 public.t {\"id\":\"1\"} → superseded\n2 public.t {\"id\":\"5\"} → replayed\n"
          "3 public.t {\"id\":\"6\"} → replayed\n");
    shop.sql("UPDATE t SET v = v || '!'");
    if (running) {
        CHECK(shop.ferry->caught_up());
        CHECK(shop.ferry->stop() == Exit{0, 0});
    } else {
        CHECK(shop.ferry->catch_up().exit == Exit{0, 0});
    }
    CHECK(shop.ferry->differences() == "");
    CHECK(shop.ids().empty());
}

TEST_CASE("letters are discarded beside a stream under load, and nothing of either is lost",
          "[dead-letters]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    LetterShop shop(target);
    shop.ferry->start();
    INFO(shop.ferry->log_tail());
    REQUIRE(shop.ferry->caught_up());
    shop.sql("INSERT INTO t SELECT g, 'x' FROM generate_series(10, 60000) g");
    CHECK(shop.dlq({"discard", "1"}).exit == Exit{0, 0});
    shop.sql("UPDATE t SET v = 'y' WHERE id > 100");
    CHECK(shop.dlq({"discard", "2", "3"}).exit == Exit{0, 0});
    CHECK(shop.ferry->caught_up());
    CHECK(shop.ids().empty());
    CHECK(shop.ferry->stop() == Exit{0, 0});
    CHECK(shop.ferry->differences() == "");
}

TEST_CASE("a walferry that runs and does not answer keeps others from changing letters", "[dead-letters]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    LetterShop shop(target);
    Process elsewhere = shop.ferry->start_another();
    REQUIRE(eventually([&] { return !shop.ferry->slot("active_pid").empty(); }));
    const Completed discarded = shop.dlq({"discard", "1"});
    INFO(discarded.err);
    CHECK(discarded.exit.code == (target == Target::DuckDb ? 4 : 3));
    elsewhere.signal(SIGTERM);
    CHECK(elsewhere.wait(std::chrono::seconds(20)) == Exit{0, 0});
    CHECK(shop.ids() == "1 2 3");
}

TEST_CASE("a pipeline without letters, and one without warehouse, say so", "[dead-letters]") {
    Shop shop(Target::DuckDb);
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY)");
    CHECK(run_walferry({"dlq", "list", shop.ferry->config()}).exit == Exit{4, 0});
    REQUIRE(shop.ferry->catch_up().exit == Exit{0, 0});
    const Completed none = run_walferry({"dlq", "list", shop.ferry->config(), "--json"});
    CHECK(none.exit == Exit{0, 0});
    CHECK(json::parse(none.out) == json::array());
    CHECK(run_walferry({"dlq", "replay", shop.ferry->config()}).exit == Exit{0, 0});
    CHECK(run_walferry({"dlq", "discard", shop.ferry->config(), "1"}).exit == Exit{1, 0});
}
