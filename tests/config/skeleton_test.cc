#include "config/skeleton.h"

#include "config/config.h"
#include "config/glob.h"
#include "tests/support/catch.h"

using namespace walferry;

namespace {

SkeletonInput duckdb_input() {
    SkeletonInput input;
    input.pipeline = "shop";
    input.source_connection = "postgresql://walferry@localhost:5432/shop?sslmode=require";
    input.duckdb_path = "shop.duckdb";
    return input;
}

Config parsed(const std::string& text) {
    const auto config = parse_config(text, "x.yaml");
    INFO(text);
    INFO((config ? std::string() : config.error().message));
    REQUIRE(config.has_value());
    return config.value();
}

}  // namespace

TEST_CASE("a skeleton is a good configuration") {
    SkeletonInput input = duckdb_input();
    input.rules = {{"public.order_*", "12 tables, about 3.1 GB\nsecond line", {}},
                   {quote_glob("public.we*ird: \"x\" #1"), "", {"Te nant", "id"}}};
    input.exclusions = {{"public.log", "no replica identity:\nALTER TABLE public.log REPLICA IDENTITY FULL"}};
    const std::string text = write_skeleton(input);
    const Config config = parsed(text);
    CHECK(config.pipeline == "shop");
    CHECK(config.source.connection == input.source_connection);
    CHECK(config.warehouse.duckdb->path == "shop.duckdb");
    REQUIRE(config.tables.size() == 2);
    CHECK(find_rule(config, "public", "we*ird: \"x\" #1") == &config.tables[1]);
    CHECK(config.tables[1].key == std::vector<std::string>{"Te nant", "id"});
    CHECK(text.find("  # ALTER TABLE public.log REPLICA IDENTITY FULL\n") != std::string::npos);
    CHECK(text.find("  # second line\n") != std::string::npos);
}

TEST_CASE("a skeleton without rules takes every table") {
    SkeletonInput input = duckdb_input();
    input.duckdb_path.clear();
    input.warehouse_connection = "host=w dbname='my db'";
    const Config config = parsed(write_skeleton(input));
    CHECK(config.warehouse.postgres->connection == input.warehouse_connection);
    CHECK(find_rule(config, "any", "table") == &config.tables[0]);
}

TEST_CASE("a skeleton's paths read back as they were, whatever is in them") {
    for (const std::string path : {"a b.duckdb",  "${HOME}/x",
                                   "$${x}",       "true",
                                   "null",        "~",
                                   "123",         "- a",
                                   "a: b",        "a #b",
                                   "\"quoted\"",  "it's",
                                   "back\\slash", "tab\tline\nend",
                                   "*x",          "&x",
                                   "!x",          "%x",
                                   "@x",          "{x}",
                                   "[x]",         "caf\xc3\xa9",
                                   " lead",       "trail ",
                                   "0x1f",        ".5",
                                   "=",           "<<",
                                   "e\x1b[0m",    "n\xc2\x85l\xe2\x80\xa8s"}) {
        CAPTURE(path);
        SkeletonInput input = duckdb_input();
        input.duckdb_path = path;
        CHECK(parsed(write_skeleton(input)).warehouse.duckdb->path == path);
    }
}

TEST_CASE("a comment cannot leave its comment") {
    SkeletonInput input = duckdb_input();
    input.rules = {{"public.*", "first\n- match: evil\r\n  mode: x\rbatch: 1", {}}};
    input.exclusions = {{"s.t\nlog: {}", "because\n\nof it"}};
    CHECK(parsed(write_skeleton(input)).tables.size() == 1);
}
