#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/integration/shop.h"
#include "tests/support/catch.h"

using namespace walferry::testing;
using Json = nlohmann::json;

namespace {

/// Lines of the log whose message holds a text.
std::vector<Json> lines_with(const Shop& shop, const std::string& text) {
    std::vector<Json> found;
    std::istringstream log(shop.ferry->log());
    for (std::string line; std::getline(log, line);) {
        const Json json = Json::parse(line, nullptr, false);
        INFO(line);
        REQUIRE(json.is_object());
        REQUIRE(json["severity_number"].is_number_integer());
        if (json["message"].get<std::string>().find(text) != std::string::npos) found.push_back(json);
    }
    return found;
}

std::set<std::string> ids(const std::vector<Json>& lines, const std::string& name) {
    std::set<std::string> all;
    for (const Json& line : lines) all.insert(line.value(name, ""));
    return all;
}

}  // namespace

TEST_CASE("the lines of a batch share a trace, its steps are spans of it, and each batch has its own",
          "[trace]") {
    Shop shop(Target::DuckDb,
              {.more = "log: { level: debug, format: json }\n", .batch = "{ max_rows: 100 }"});
    shop.sql("CREATE TABLE t (id integer PRIMARY KEY, n numeric(10,2))");
    shop.ferry->start();
    REQUIRE(shop.ferry->all_tables_are("streaming"));
    shop.sql("INSERT INTO t SELECT g, g FROM generate_series(1, 1000) g");
    REQUIRE(shop.ferry->caught_up());
    shop.sql("INSERT INTO t VALUES (2000, 'NaN')");
    REQUIRE(shop.ferry->caught_up());
    CHECK(shop.ferry->stop() == Exit{0, 0});
    INFO(shop.ferry->log_tail());

    const auto steps = lines_with(shop, "a step of a larger transaction");
    REQUIRE(steps.size() > 1);
    CHECK(ids(steps, "trace_id").size() == 1);
    CHECK(ids(steps, "span_id").size() == steps.size());
    const auto committed = lines_with(shop, "batch: committed at ");
    CHECK(ids(committed, "trace_id").size() == committed.size());
    const auto letters = lines_with(shop, "public.t: 1 dead letters, stage ");
    REQUIRE(letters.size() == 1);
    for (const Json& line : {steps.front(), letters.front()}) {
        const std::string trace = line.value("trace_id", "");
        CHECK(trace.size() == 32);
        CHECK(line.value("span_id", "").size() == 16);
        CHECK(ids(committed, "trace_id").contains(trace));
    }
    CHECK(steps.front()["trace_id"] != letters.front()["trace_id"]);
    CHECK(letters.front()["severity_text"] == "INFO");
    const auto others = lines_with(shop, "streaming 1 tables from");
    REQUIRE(others.size() == 1);
    CHECK_FALSE(others.front().contains("trace_id"));
}
