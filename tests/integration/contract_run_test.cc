#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tests/integration/shop.h"
#include "tests/support/catch.h"

using namespace walferry::testing;

namespace {

std::string with_contract(const std::string& on_violation) {
    return fmt::format(
        "  - match: public.orders\n    targets: [{{ mode: upsert }}, {{ mode: append }}]\n    mask_columns: "
        "[email]\n    contract:\n      columns:\n        status: {{ not_null: true, accepted_values: [new, "
        "paid] "
        "}}\n        total: {{ range: [0, null] }}\n        email: {{ matches: '@' }}\n      on_violation: "
        "{}\n",
        on_violation);
}

struct OrderShop : Shop {
    OrderShop(Target target, const std::string& on_violation)
        : Shop(target, {.tables = with_contract(on_violation), .more = "dead_letters: { max_rate: 1 }\n"}) {
        sql("CREATE TABLE orders (id integer PRIMARY KEY, status text, total numeric(10,2), email text)");
        sql("INSERT INTO orders VALUES (1, 'new', 1, 'a@b'), (2, 'odd', 2, 'a@b'), (3, 'paid', -1, 'a@b'), "
            "(4, "
            "'paid', 4, 'secret-without-at')");
    }
    std::string ids(const std::string& table) const {
        return ferry->warehouse_value(
            fmt::format("SELECT string_agg(CAST(id AS text), ' ' ORDER BY id) FROM public.{}", table));
    }
    std::string letters(const std::string& what) const {
        return ferry->warehouse_value(fmt::format(
            "SELECT string_agg({}, ' ' ORDER BY target_table, id) FROM walferry.dead_letter", what));
    }
};

bool slot_exists(const Shop& shop) {
    return shop.value("SELECT count(*) FROM pg_replication_slots") == "1";
}

}  // namespace

TEST_CASE("rows that break a contract are dead letters, from the first copy and from the stream",
          "[contracts]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    OrderShop shop(target, "dead_letter");
    const Completed copied = shop.ferry->catch_up();
    INFO(copied.err);
    REQUIRE(copied.exit == Exit{});
    CHECK(shop.ids("orders") == "1");
    CHECK(shop.letters("op || stage || error_code") ==
          "rcontractaccepted_values rcontractrange rcontractmatches rcontractaccepted_values rcontractrange "
          "rcontractmatches");
    shop.sql("INSERT INTO orders VALUES (5, NULL, 1, 'a@b'), (6, 'new', 6, 'a@b')");
    shop.sql("UPDATE orders SET total = -5 WHERE id = 1; UPDATE orders SET status = 'paid' WHERE id = 2");
    REQUIRE(shop.ferry->catch_up().exit == Exit{});
    CHECK(shop.ids("orders") == "1 2 6");
    CHECK(shop.ferry->warehouse_value("SELECT CAST(total AS text) FROM public.orders WHERE id = 1") ==
          "1.00");
    CHECK(shop.ids("orders_changes") == "1 2 6");
    const std::string all =
        shop.letters("coalesce(CAST(before AS text), '') || CAST(after AS text) || error");
    CHECK(all.find("secret") == std::string::npos);
    CHECK(all.find("a@b") == std::string::npos);
    CHECK(all.find("****") != std::string::npos);
}

TEST_CASE("changes that break a contract while their table is copied are letters, too", "[contracts]") {
    OrderShop shop(Target::DuckDb, "dead_letter");
    shop.sql("INSERT INTO orders SELECT g, 'new', g, repeat('@', 500) FROM generate_series(10, 200000) g");
    shop.ferry->start();
    REQUIRE(eventually([&] { return slot_exists(shop); }));
    for (int i = 0; i < 20; ++i)
        shop.sql(fmt::format("UPDATE orders SET status = 'odd' WHERE id = {}", 100 + i));
    REQUIRE(shop.ferry->caught_up());
    REQUIRE(shop.ferry->stop() == Exit{});
    CHECK(shop.ferry->warehouse_value("SELECT count(*) FROM public.orders WHERE status = 'odd'") == "0");
    CHECK(shop.ferry->warehouse_value(
              "SELECT count(DISTINCT CAST(key AS text)) FROM walferry.dead_letter WHERE "
              "error LIKE '%odd%' AND target_table = 'public.orders'") == "21");
}

TEST_CASE("a contract that only warns counts, and one that stops stops", "[contracts]") {
    SECTION("warn") {
        OrderShop shop(Target::Postgres, "warn");
        REQUIRE(shop.ferry->catch_up().exit == Exit{});
        shop.sql("INSERT INTO orders VALUES (5, NULL, 1, 'a@b')");
        REQUIRE(shop.ferry->catch_up().exit == Exit{});
        CHECK(shop.ids("orders") == "1 2 3 4 5");
        CHECK(shop.letters("op") == "");
    }
    SECTION("stop") {
        OrderShop shop(Target::Postgres, "stop");
        shop.sql("DELETE FROM orders WHERE id > 1");
        REQUIRE(shop.ferry->catch_up().exit == Exit{});
        shop.sql("INSERT INTO orders VALUES (5, NULL, 1, 'a@b')");
        const Completed stopped = shop.ferry->catch_up();
        CHECK(stopped.exit == Exit{3, 0});
        CHECK(stopped.err.find("status") != std::string::npos);
        CHECK(shop.ids("orders") == "1");
    }
}
