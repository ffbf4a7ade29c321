#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "tests/integration/damaged_shop.h"
#include "tests/integration/typed_tables.h"
#include "tests/integration/workload.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using std::chrono::seconds;

namespace {

constexpr const char* verify_all_targets =
    "  - match: public.*\n    targets: [ { mode: upsert }, { mode: scd2 }, { mode: append } ]\n";

constexpr const char* people =
    "CREATE TABLE people (id bigint PRIMARY KEY, name text, born date, paid numeric(10,2), big text);"
    "INSERT INTO people SELECT g, 'name ' || g, date '2000-01-01' + g, g / 7.0, repeat(md5(g::text), 200) "
    "FROM generate_series(1, 2000) g;"
    "CREATE TABLE \"Odd Ones\" (a text, b uuid, v integer, PRIMARY KEY (a, b));"
    "INSERT INTO \"Odd Ones\" VALUES ('it''s', '00000000-0000-0000-0000-000000000001', 1), "
    "('x', '00000000-0000-0000-0000-000000000002', NULL);"
    "CREATE TABLE bare (a integer, b text); ALTER TABLE bare REPLICA IDENTITY FULL;"
    "INSERT INTO bare VALUES (1, 'x'), (1, 'x'), (2, NULL), (3, 'z')";

constexpr const char* people_damage =
    "DELETE FROM public.people WHERE id = 5;"
    "INSERT INTO public.people (id, name) VALUES (9999, 'nobody');"
    "UPDATE public.people SET paid = -paid WHERE id = 7;"
    "UPDATE public.people SET name = NULL WHERE id = 8;"
    "UPDATE public.people SET big = 'short' WHERE id = 9;"
    "UPDATE public.\"Odd Ones\" SET v = 0 WHERE a = 'x';"
    "DELETE FROM public.bare WHERE a = 3; INSERT INTO public.bare (a, b) VALUES (2, NULL)";

const Lines people_lines = {
    "public.Odd Ones\t{\"a\": \"x\", \"b\": \"00000000-0000-0000-0000-000000000002\"}\tchanged",
    "public.bare\t{\"a\": 2, \"b\": null}\textra",
    "public.bare\t{\"a\": 3, \"b\": \"z\"}\tmissing",
    "public.people\t{\"id\": 5}\tmissing",
    "public.people\t{\"id\": 7}\tchanged",
    "public.people\t{\"id\": 8}\tchanged",
    "public.people\t{\"id\": 9999}\textra",
    "public.people\t{\"id\": 9}\tchanged"};

}  // namespace

TEST_CASE("verify names each missing, extra and changed row, running or not", "[verify]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    DamagedShop shop(target);
    shop.sql(people);
    shop.copy();
    const Completed equal = shop.verify();
    INFO(equal.err);
    CHECK(equal.exit == Exit{0, 0});
    CHECK(equal.out == "");
    shop.damage(people_damage);
    const Completed stopped = shop.verify();
    INFO(stopped.err);
    CHECK(stopped.exit == Exit{1, 0});
    CHECK(sorted_lines(stopped.out) == people_lines);

    shop.start();
    const Completed running = shop.verify();
    INFO(running.err);
    CHECK(running.exit == Exit{1, 0});
    CHECK(sorted_lines(running.out) == people_lines);
    const Completed one = shop.verify({"public.bare", "--json"});
    const auto json = nlohmann::json::parse(one.out, nullptr, false);
    REQUIRE(json.is_array());
    CHECK(json.size() == 2);
    CHECK(json[0]["table"] == "public.bare");
    const Completed verbose = shop.verify({"-v", "public.people"});
    CHECK(verbose.out.find("name \"name 8\" → null") != std::string::npos);
}

TEST_CASE("verify --repair makes the rows right, and only those", "[verify]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    const bool running = GENERATE(true, false);
    INFO(name_of(target) << (running ? ", running" : ", stopped"));
    DamagedShop shop(target, {.tables = "  - match: public.people\n    targets: [ { mode: upsert }, { mode: "
                                        "scd2 }, { mode: append } ]\n"});
    shop.sql(people);
    shop.copy();
    shop.damage(
        "DELETE FROM public.people WHERE id = 5;"
        "INSERT INTO public.people (id, name) VALUES (9999, 'nobody');"
        "UPDATE public.people SET paid = 0 WHERE id = 7;"
        "DELETE FROM public.people_history WHERE id = 6;"
        "UPDATE public.people_history SET name = 'wrong' WHERE id = 8;"
        "UPDATE public.people_changes SET name = 'wrong' WHERE id = 9;"
        "DELETE FROM public.people_changes WHERE id = 10;");
    if (running) {
        shop.start();
    }
    const Completed repaired = shop.verify({"--repair", "-v"});
    INFO(repaired.out << repaired.err << (running ? shop.ferry->log_tail() : ""));
    CHECK(repaired.exit == Exit{0, 0});
    CHECK(sorted_lines(repaired.out).size() == 7);
    const Completed again = shop.verify();
    INFO(again.out << again.err);
    CHECK(again.exit == Exit{0, 0});
    if (running) {
        CHECK(shop.ferry->running());
        REQUIRE(shop.ferry->stop() == Exit{0, 0});
    }
    CHECK(shop.ferry->differences({"public.Odd Ones", "public.bare"}) == "");
}

TEST_CASE("no row is reported while both sides change all the time", "[verify]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    Shop shop(target, {.tables = "  - match: \"*.*\"\n    mode: upsert\n"});
    shop.sql(workload_tables_sql());
    Workload workload(shop.source, "shop", {.seed = 77, .large_rows = 3000, .pause_ms = 2});
    workload.run(20);
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    workload.start();
    for (int i = 0; i < 5; ++i) {
        const Completed verified = shop.ferry->command("verify", {"-v"}, seconds(120));
        INFO(verified.out << verified.err << shop.ferry->log_tail());
        CHECK(verified.exit == Exit{0, 0});
        CHECK(verified.out == "");
    }
    workload.stop();
}

TEST_CASE("every type's edges are equal to verify, and each damaged column is found", "[verify]") {
    const Target target = GENERATE(Target::DuckDb, Target::Postgres);
    INFO(name_of(target));
    const std::vector<TypedTable> tables = typed_tables(target);
    std::string rules;
    for (const TypedTable& table : tables) {
        const std::string overrides = overrides_yaml(table, target);
        if (!overrides.empty())
            rules += "  - match: public." + table.name + "\n    types: " + overrides + "\n    mode: upsert\n";
    }
    DamagedShop shop(target, {.tables = rules + "  - match: public.*\n    mode: upsert\n"});
    if (target == Target::Postgres) shop.source.exec(warehouse_types_sql(), "warehouse");
    shop.sql(source_types_sql());
    for (const TypedTable& table : tables) shop.sql(create_sql(table, target) + insert_sql(table, 1));
    shop.copy();
    for (const TypedTable& table : tables)
        shop.sql(insert_sql(table, 1001) + shift_sql(table, 1) + clear_sql(table, 1));
    shop.copy();
    const Completed equal = shop.verify({"-v"});
    INFO(equal.out << equal.err);
    CHECK(equal.exit == Exit{0, 0});
    CHECK(equal.err.find("not compared") == std::string::npos);
    int columns = 0;
    for (const TypedTable& table : tables) {
        const auto names = shop.source.exec(fmt::format("SELECT attname FROM pg_attribute WHERE attrelid = "
                                                        "'{}'::regclass AND attnum > 2 AND NOT attisdropped",
                                                        table.name),
                                            "shop");
        std::string set;
        for (const auto& row : names)
            set += fmt::format("{}{} = NULL", set.empty() ? "" : ", ", row[0].c_str());
        shop.damage(fmt::format("UPDATE public.{} SET {} WHERE id = 1001", table.name, set));
        columns += static_cast<int>(names.size());
    }
    const Completed damaged = shop.verify({"--json"});
    INFO(damaged.out << damaged.err);
    CHECK(damaged.exit == Exit{1, 0});
    int found = 0;
    for (const auto& difference : nlohmann::json::parse(damaged.out, nullptr, false))
        found += static_cast<int>(difference["columns"].size());
    CHECK(found == columns);
}

TEST_CASE("verify has an exit code for each way to end", "[verify]") {
    DamagedShop shop(Target::DuckDb);
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY); INSERT INTO t VALUES (1)");
    shop.copy();
    CHECK(shop.verify({"public.t"}).exit == Exit{0, 0});
    CHECK(shop.verify({"public.unknown"}).exit == Exit{2, 0});
    CHECK(shop.verify({"--no-such-flag"}).exit == Exit{2, 0});
    shop.source.stop();
    CHECK(shop.verify().exit == Exit{4, 0});
}
