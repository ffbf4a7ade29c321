#include <nlohmann/json.hpp>

#include "tests/integration/resync_shop.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using nlohmann::json;

namespace {

Target either() {
    return GENERATE(Target::DuckDb, Target::Postgres);
}

constexpr const char* resync_command_two_tables =
    "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a');"
    "CREATE TABLE u (id integer PRIMARY KEY); CREATE SCHEMA audit; CREATE TABLE audit.u (id integer PRIMARY "
    "KEY)";

/// Without a service they are only written down; through one, the session has them too.
void check_refusals(const ResyncShop& shop) {
    const auto check = [&](const std::string& table, int exit, const std::string& words) {
        const Completed asked = shop.resync({"public.t", table, "--no-wait"});
        INFO(table << "\n" << asked.err);
        CHECK(asked.exit == Exit{exit, 0});
        CHECK(asked.out.empty());
        CHECK_THAT(asked.err, CONTAINS_TEXT(words));
    };
    check("public.x", 2, "no table public.x");
    check("udit.u", 2, "near to it: audit.u");
    check("u", 2, "audit.u, public.u");
    CHECK(shop.listed().empty());
}

}  // namespace

TEST_CASE("without a service resyncs are asked for, joined, listed and cancelled", "[resync-command]") {
    ResyncShop shop(either());
    INFO(name_of(shop.target));
    shop.set_up(resync_command_two_tables);
    check_refusals(shop);

    const Completed asked = shop.resync({"t", "public.t", "audit.u", "--rate", "5", "--no-wait"});
    INFO(asked.err);
    CHECK(asked.exit == Exit{0, 0});
    CHECK(asked.out == "public.t\trequested\naudit.u\trequested\n");
    const Completed joined = shop.resync({"--all", "--no-wait", "--json"});
    CHECK(joined.exit == Exit{0, 0});
    const json resyncs = json::parse(joined.out, nullptr, false);
    REQUIRE(resyncs.size() == 3);
    CHECK(resyncs[0].value("id", 0) == 2);
    CHECK(resyncs[1].value("id", 0) == 1);
    CHECK(resyncs[2].value("table", "") == "public.u");
    CHECK(shop.ferry->status()["resyncs"].size() == 3);

    const Completed one = shop.resync({"--cancel", "public.t", "public.x"});
    CHECK(one.exit == Exit{1, 0});
    CHECK(one.out == "public.t\tcancelled\n");
    CHECK(one.err == "walferry: there is no open resync of public.x\n");
    CHECK(shop.resync({"--cancel"}).exit == Exit{0, 0});
    CHECK(shop.listed() == "3:public.u:cancelled 2:audit.u:cancelled 1:public.t:cancelled");
    CHECK_FALSE(shop.ferry->status().contains("resyncs"));
    CHECK(shop.resync({"--cancel"}).out.empty());
    CHECK_THAT(shop.resync({"--list"}).out, CONTAINS_TEXT("| public.u | cancelled |"));
}

TEST_CASE("a table that is being copied is refused, with the reason; one that has failed is made equal",
          "[resync-command]") {
    ResyncShop shop(either());
    INFO(name_of(shop.target));
    shop.set_up(resync_command_two_tables);
    shop.damage(
        "UPDATE walferry.table_state SET state = 'copying', rows_copied = 77 WHERE source_table = 't';"
        "UPDATE walferry.table_state SET state = 'failed', reason = 'so it is' WHERE source_schema = "
        "'audit'");
    const Completed copied = shop.resync({"public.t"});
    CHECK(copied.exit == Exit{1, 0});
    CHECK_THAT(copied.err, CONTAINS_TEXT("public.t is being copied (77 rows): wait until it streams"));
    CHECK(shop.listed().empty());
    // It waits for the same: to be copied anew by whoever runs next, which is the command.
    const Completed failed = shop.resync({"audit.u"});
    INFO(failed.err);
    CHECK(failed.exit == Exit{0, 0});
    CHECK_THAT(failed.out, CONTAINS_TEXT("audit.u\tdone\t"));
}

TEST_CASE("a pipeline that was never set up has nothing to resync", "[resync-command]") {
    ResyncShop shop(either());
    INFO(name_of(shop.target));
    const Completed asked = shop.resync({"--all"});
    INFO(asked.err);
    CHECK(asked.exit.code == (shop.target == Target::DuckDb ? 4 : 1));
    CHECK(shop.ferry->slot("slot_name").empty());
}

TEST_CASE("a walferry that runs and does not answer keeps others from asking for resyncs",
          "[resync-command]") {
    ResyncShop shop(either());
    INFO(name_of(shop.target));
    shop.set_up(resync_command_two_tables);
    Process elsewhere = shop.ferry->start_another();
    REQUIRE(eventually([&] { return !shop.ferry->slot("active_pid").empty(); }));
    const Completed asked = shop.resync({"public.t", "--no-wait"});
    INFO(asked.err);
    CHECK(asked.exit == Exit{3, 0});
    elsewhere.signal(SIGTERM);
    CHECK(elsewhere.wait(std::chrono::seconds(20)) == Exit{0, 0});
    CHECK(shop.listed().empty());
}

TEST_CASE("control tables of an earlier build get the table of resyncs", "[resync-command]") {
    ResyncShop shop(either());
    INFO(name_of(shop.target));
    shop.set_up(resync_command_two_tables);
    shop.damage("DROP TABLE walferry.resync");
    CHECK(shop.listed().empty());
    CHECK(shop.resync({"public.t", "--no-wait"}).exit == Exit{0, 0});
    CHECK(shop.listed() == "1:public.t:requested");
}
