#include "service/status_json.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using namespace walferry;

namespace {

StatusReport streaming() {
    StatusReport report;
    report.pipeline = "shop";
    report.state = "streaming";
    report.checkpoint = *parse_lsn("0/1000");
    report.source = *parse_lsn("0/1100");
    report.lag_bytes = 256;
    report.lag_seconds = 0.5;
    report.retained_wal_bytes = 1024;
    report.dead_letters = 3;
    TableReport table;
    table.name = "public.t";
    table.target = "public.t";
    table.state = "streaming";
    table.rows_copied = 7;
    table.rows_estimated = 8;
    table.last_commit_time = 1'500'000;
    report.tables.push_back(table);
    return report;
}

std::vector<std::string> keys(const nlohmann::ordered_json& object) {
    std::vector<std::string> names;
    for (const auto& [name, value] : object.items()) names.push_back(name);
    return names;
}

}  // namespace

TEST_CASE("status has the fields of the interface") {
    const auto json = status_json(streaming());
    CHECK(keys(json) == std::vector<std::string>{"pipeline", "state", "reason", "checkpoint_lsn",
                                                 "source_lsn", "lag_bytes", "lag_seconds",
                                                 "retained_wal_bytes", "dead_letters", "tables"});
    CHECK(keys(json["tables"][0]) == std::vector<std::string>{"name", "target", "mode", "state",
                                                              "rows_copied", "rows_estimated",
                                                              "last_commit_ts"});
    CHECK(json["checkpoint_lsn"] == "0/1000");
    CHECK(json["lag_bytes"] == 256);
    CHECK(json["lag_seconds"] == 0.5);
    CHECK(json["dead_letters"] == 3);
    CHECK(status_text(json).find("dead letters  3\n") != std::string::npos);
    CHECK(json["tables"][0]["last_commit_ts"] == "2000-01-01T00:00:01.500000Z");
}

TEST_CASE("what is not known is null in status") {
    StatusReport report;
    report.pipeline = "shop";
    report.state = "stopped";
    report.lag_seconds = std::numeric_limits<double>::quiet_NaN();
    report.tables.emplace_back().reason = "no primary key";
    const auto json = status_json(report);
    for (const char* name : {"checkpoint_lsn", "source_lsn", "lag_bytes", "lag_seconds"})
        CHECK(json[name].is_null());
    for (const char* name : {"target", "rows_estimated", "last_commit_ts"})
        CHECK(json["tables"][0][name].is_null());
    CHECK(json["tables"][0]["reason"] == "no primary key");
    CHECK(status_text(json).find("no primary key") != std::string::npos);
}

TEST_CASE("a pipeline is ready when it streams, all tables are there, and it does not lag") {
    const std::chrono::seconds lag_max{60};
    StatusReport report = streaming();
    CHECK_FALSE(not_ready_reason(report, lag_max));
    SECTION("an excluded table does not count") {
        report.tables.emplace_back().state = "excluded";
        CHECK_FALSE(not_ready_reason(report, lag_max));
    }
    SECTION("state") {
        report.state = GENERATE("starting", "copying", "retrying", "stopped", "failed");
        CHECK(not_ready_reason(report, lag_max));
    }
    SECTION("table") {
        report.tables.emplace_back().state = GENERATE("copying", "catching_up", "failed");
        CHECK(not_ready_reason(report, lag_max));
    }
    SECTION("lag") {
        report.lag_seconds = 60;
        CHECK(not_ready_reason(report, lag_max));
    }
}
