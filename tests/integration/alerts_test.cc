#include <fmt/format.h>

#include <algorithm>

#include "tests/integration/hook.h"
#include "tests/integration/shop.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Json = nlohmann::json;

namespace {

FerryOptions alerting(const std::string& alerts) {
    FerryOptions options;
    options.more = "alerts:\n" + alerts;
    return options;
}

/// States of an alert in the order of their arrival: FR.
std::string told(const Hook& hook, const std::string& alert) {
    std::string states;
    for (const auto& delivery : hook.deliveries()) {
        if (delivery.row.value("alert", "") != alert) continue;
        states += delivery.row["state"] == "firing" ? 'F' : 'R';
    }
    return states;
}

Json newest(const Hook& hook, const std::string& alert) {
    Json found;
    for (const auto& delivery : hook.deliveries()) {
        if (delivery.row.value("alert", "") == alert) found = delivery.row;
    }
    return found;
}

bool tells(const Hook& hook, const std::string& alert, const std::string& states) {
    return eventually([&] { return told(hook, alert) == states; });
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

bool ends_for_a_person(Shop& shop) {
    const auto exit = shop.ferry->process().wait(seconds(60));
    INFO(shop.ferry->log_tail());
    CHECK(exit == Exit{3, 0});
    return exit.has_value();
}

}  // namespace

TEST_CASE("a lag is told once when it begins and once when it ends, to everybody in order", "[alerts]") {
    Hook hook, other;
    const TempDir dir("alerts");
    const std::filesystem::path out = dir / "out";
    Shop shop(Target::Postgres,
              alerting(fmt::format(
                  "  - {{ name: late, when: lag_seconds > 1, webhook: \"{0}\", secret: k3y }}\n"
                  "  - {{ name: again, when: lag_seconds > 1, webhook: \"{1}\", repeat: 1s }}\n"
                  "  - {{ name: never, when: lag_seconds > 1, for: 1h, webhook: \"{1}\" }}\n"
                  "  - when: lag_seconds > 1\n"
                  "    exec: 'cat >> {2}; echo \"$WALFERRY_ALERT_STATE $WALFERRY_ALERT_WHEN\" >> {2}'\n",
                  hook.url(), other.url(), out.string())));
    shop.sql("CREATE TABLE t (id serial PRIMARY KEY)");
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    const auto stand_still = [&](const std::function<void()>& meanwhile) {
        const auto blocker = shop.source.connect("warehouse");
        pqxx::work lock(*blocker);
        lock.exec("LOCK TABLE public.t");
        shop.sql("INSERT INTO t DEFAULT VALUES");
        meanwhile();
    };
    stand_still([&] {
        REQUIRE(tells(hook, "late", "F"));
        REQUIRE(eventually([&] { return told(other, "again").size() >= 2; }));
    });
    REQUIRE(tells(hook, "late", "FR"));
    REQUIRE(eventually([&] { return told(other, "again").ends_with("R"); }));
    CHECK(count(told(other, "again"), "R") == 1);
    const Json firing = hook.deliveries().front().row;
    CHECK(firing["pipeline"] == "shop");
    CHECK(firing["when"] == "lag_seconds > 1");
    CHECK(firing["value"].get<double>() >= 1);  // rounded
    CHECK(firing["text"].get<std::string>().starts_with("[FIRING] walferry shop on "));
    CHECK(firing["runbook"].get<std::string>().ends_with("/runbook.md#walferrylagging"));
    CHECK(hook.deliveries().front().signature.starts_with("sha256="));
    CHECK(newest(hook, "late")["value"].get<double>() <= 1);

    // A listener that is away holds up nobody else, and gets both later.
    hook.fail(true);
    const std::size_t before = told(other, "again").size();
    stand_still([&] {
        REQUIRE(eventually([&] { return told(other, "again").size() > before; }));
        REQUIRE(eventually([&] { return hook.refused() >= 2; }));
    });
    REQUIRE(eventually([&] { return count(shop.ferry->log(), "alert resolved: late") == 2; }));
    CHECK(told(hook, "late") == "FR");
    hook.fail(false);
    // The back-off goes up to a minute.
    CHECK(eventually([&] { return told(hook, "late") == "FRFR"; }, seconds(90)));
    CHECK(told(other, "never").empty());
    REQUIRE(eventually([&] { return count(read_file(out), "resolved lag_seconds > 1") == 2; }));
    const std::string lines = read_file(out);
    CHECK(count(lines, "firing lag_seconds > 1\n") == 2);
    CHECK(Json::parse(lines.substr(0, lines.find('\n')))["state"] == "firing");
    INFO(shop.ferry->log_tail());
    CHECK(shop.ferry->stop() == Exit{0, 0});
}

TEST_CASE("while the source is away its lag is told, and SIGHUP takes other alerts", "[alerts]") {
    const Hook hook;
    const auto alerts = [&](const std::string& name, const std::string& when) {
        return fmt::format("  - {{ name: {}, when: {}, webhook: \"{}\" }}\n", name, when, hook.url());
    };
    Shop shop(Target::DuckDb,
              alerting(alerts("late", "lag_seconds > 2") + alerts("down", "not_streaming_seconds > 2") +
                       alerts("old", "failed > 0") + alerts("ready", "lag_seconds < 1000")));
    shop.sql("CREATE TABLE t (id serial PRIMARY KEY)");
    shop.ferry->start();
    REQUIRE(tells(hook, "ready", "F"));
    // Not before it is known. A slow start may have fired the others.
    const auto all_told = [&](const std::string& alert) {
        const std::string log = shop.ferry->log(), end = ": " + alert + " (";
        const std::size_t news = count(log, "alert fires" + end) + count(log, "alert resolved" + end);
        return news % 2 == 0 && told(hook, alert).size() == news;
    };
    REQUIRE(eventually([&] { return all_told("late") && all_told("down"); }));
    const std::string late = told(hook, "late"), down = told(hook, "down");
    shop.source.stop();
    REQUIRE(tells(hook, "late", late + "F"));
    REQUIRE(tells(hook, "down", down + "F"));
    CHECK_FALSE(newest(hook, "down")["reason"].get<std::string>().empty());
    CHECK(shop.ferry->status()["lag_seconds"].is_null());
    const auto edit = [&](const std::string& from, const std::string& to) {
        std::string text = read_file(shop.ferry->config());
        text.replace(text.find(from), from.size(), to);
        write_file(shop.ferry->config(), text);
        shop.ferry->process().signal(SIGHUP);
    };
    edit(alerts("old", "failed > 0"), alerts("new", "failed < 1"));
    CHECK(tells(hook, "new", "F"));
    CHECK(eventually([&] { return count(shop.ferry->log(), "reloaded: alerts") == 1; }));
    CHECK(count(shop.ferry->log(), "streaming 1 tables from") == 1);  // the source is away
    edit("failed < 1", "faild < 1");
    CHECK(eventually([&] { return count(shop.ferry->log(), "the nearest known name is failed") == 1; }));
    shop.source.start();
    CHECK(tells(hook, "late", late + "FR"));
    CHECK(tells(hook, "down", down + "FR"));
    CHECK(told(hook, "new") == "F");
    CHECK(told(hook, "old").empty());
    CHECK(told(hook, "ready") == "F");  // it was unknown meanwhile
    INFO(shop.ferry->log_tail());
    CHECK(shop.ferry->stop() == Exit{0, 0});
    CHECK(told(hook, "new") == "F");
}

TEST_CASE("a pipeline that ends for a person to decide says so first, and waits for no listener",
          "[alerts]") {
    Hook hook;
    Shop shop(Target::DuckDb,
              alerting(fmt::format(
                  "  - {{ name: failed, when: failed == 1, for: 1h, webhook: \"{0}\" }}\n"
                  "  - {{ name: down, when: not_streaming_seconds > 600, for: 1h, webhook: \"{0}\" }}\n"
                  "  - {{ name: late, when: lag_seconds > 600, webhook: \"{0}\" }}\n",
                  hook.url())));
    shop.sql("CREATE TABLE t (id serial PRIMARY KEY)");
    REQUIRE(shop.ferry->catch_up().exit == Exit{0, 0});
    CHECK(hook.deliveries().empty());
    shop.sql("SELECT pg_drop_replication_slot('walferry_shop')");
    shop.ferry->start();
    REQUIRE(ends_for_a_person(shop));
    CHECK(told(hook, "failed") == "F");
    CHECK(told(hook, "down") == "F");
    CHECK(told(hook, "late").empty());
    CHECK(newest(hook, "down")["value"].is_null());
    CHECK(newest(hook, "failed")["reason"].get<std::string>().find("is gone") != std::string::npos);
    CHECK(newest(hook, "failed")["runbook"].get<std::string>().ends_with("#exit-3"));
    hook.hang(true);
    shop.ferry->start();
    REQUIRE(ends_for_a_person(shop));
}
