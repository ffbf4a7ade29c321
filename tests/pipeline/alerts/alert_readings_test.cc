#include "pipeline/alerts/alert_readings.h"

#include <limits>

#include "tests/support/catch.h"

namespace walferry {

using std::chrono::hours;
using std::chrono::seconds;
using Q = AlertQuantity;
using C = AlertComparison;

namespace {

constexpr PgTime second_us = 1'000'000;
constexpr double unknown_lag = std::numeric_limits<double>::quiet_NaN();

StatusReport streaming(double lag_seconds = 0) {
    StatusReport report;
    report.state = "streaming";
    report.checkpoint = Lsn{100};
    report.source = Lsn{150};
    report.lag_bytes = 50;
    report.lag_seconds = lag_seconds;
    report.retained_wal_bytes = 1000;
    report.source_age_seconds = 1;
    return report;
}

StatusReport away(const std::string& state = "retrying") {
    StatusReport report = streaming(unknown_lag);
    report.state = state;
    report.checkpoint = Lsn{};
    report.lag_bytes = 0;
    report.source_age_seconds = 100;
    return report;
}

/// Looks at times that count from the beginning.
struct Looked {
    AlertReadings readings;
    Looked& at(int second, const StatusReport& report) {
        readings.take(report, AlertReadings::Clock::time_point(hours(1)) + seconds(second),
                      second * second_us);
        return *this;
    }
    double value(Q quantity) const {
        const auto reading = readings.of(quantity);
        return reading ? reading->value : -1;
    }
    std::optional<bool> is(Q quantity, C comparison, double limit) const {
        return holds({quantity, comparison, limit}, readings.of(quantity));
    }
};

TableReport table(const std::string& name, int last_commit_second, const std::string& state = "streaming") {
    TableReport row;
    row.name = name;
    row.state = state;
    row.last_commit_time = last_commit_second * second_us;
    return row;
}

}  // namespace

TEST_CASE("every comparison holds where it should") {
    const AlertReading five{5};
    for (const auto& [comparison, below, equal, above] :
         {std::tuple{C::Greater, false, false, true}, std::tuple{C::GreaterOrEqual, false, true, true},
          std::tuple{C::Less, true, false, false}, std::tuple{C::LessOrEqual, true, true, false},
          std::tuple{C::Equal, false, true, false}, std::tuple{C::NotEqual, true, false, true}}) {
        CAPTURE(static_cast<int>(comparison));
        CHECK(holds({Q::LagBytes, comparison, 6}, five) == below);
        CHECK(holds({Q::LagBytes, comparison, 5}, five) == equal);
        CHECK(holds({Q::LagBytes, comparison, 4}, five) == above);
        CHECK(holds({Q::LagBytes, comparison, 5}, std::nullopt) == std::nullopt);
    }
}

TEST_CASE("while source or warehouse is away the lag grows, and is never small") {
    Looked looked;
    looked.at(0, streaming(0)).at(6, streaming(3));
    CHECK(looked.is(Q::LagSeconds, C::Less, 10) == true);
    CHECK(looked.is(Q::LagSeconds, C::Greater, 10) == false);
    looked.at(10, away());
    CHECK(looked.value(Q::LagSeconds) == 7);
    for (const C comparison : {C::Greater, C::GreaterOrEqual, C::Less, C::LessOrEqual, C::Equal, C::NotEqual})
        CHECK(looked.is(Q::LagSeconds, comparison, 10) == std::nullopt);
    looked.at(20, away("starting"));
    CHECK(looked.is(Q::LagSeconds, C::Greater, 10) == true);
    CHECK(looked.is(Q::LagSeconds, C::NotEqual, 10) == std::nullopt);
    // A session begins with a lag of 0, before the source has sent anything.
    looked.at(21, streaming(0));
    CHECK(looked.is(Q::LagSeconds, C::Greater, 10) == true);
    looked.at(26, streaming(0));
    CHECK(looked.is(Q::LagSeconds, C::Greater, 10) == false);
    CHECK(looked.value(Q::LagSeconds) == 0);
}

TEST_CASE("a source that says nothing any more is no source without changes") {
    Looked looked;
    looked.at(0, streaming()).at(10, streaming());
    StatusReport silent = streaming();
    silent.source_age_seconds = 31;
    looked.at(41, silent);
    CHECK(looked.is(Q::LagSeconds, C::Greater, 30) == true);
    CHECK(looked.is(Q::LagSeconds, C::Less, 60) == std::nullopt);
    for (const Q quantity : {Q::LagBytes, Q::RetainedWalBytes, Q::SafeWalBytes})
        CHECK_FALSE(looked.readings.of(quantity));
}

TEST_CASE("a lag that is really there counts from the first moment on") {
    Looked looked;
    looked.at(0, streaming(3600));
    CHECK(looked.is(Q::LagSeconds, C::Greater, 60) == true);
}

TEST_CASE("sessions that fail again and again do not look like streaming") {
    Looked looked;
    looked.at(0, streaming()).at(6, streaming());
    CHECK(looked.value(Q::NotStreamingSeconds) == 0);
    for (int second = 10; second < 130; second += 4)
        looked.at(second, away()).at(second + 1, streaming()).at(second + 3, streaming());
    CHECK(looked.value(Q::NotStreamingSeconds) == 117);
    CHECK(looked.is(Q::LagSeconds, C::Greater, 60) == true);
    looked.at(132, streaming());
    CHECK(looked.value(Q::NotStreamingSeconds) == 0);
    StatusReport copying = streaming();
    copying.state = "copying";
    CHECK(looked.at(140, copying).value(Q::NotStreamingSeconds) == 0);
}

TEST_CASE("a session that begins well sets nothing off") {
    Looked looked;
    StatusReport starting = away("starting");
    looked.at(0, starting).at(1, streaming()).at(5, streaming());
    CHECK(looked.is(Q::LagSeconds, C::Greater, 2) == std::nullopt);
    CHECK(looked.is(Q::NotStreamingSeconds, C::Greater, 2) == false);
    looked.at(6, streaming());
    CHECK(looked.is(Q::LagSeconds, C::Greater, 2) == false);
}

TEST_CASE("a pipeline that has failed stays so until somebody does something") {
    Looked looked;
    looked.at(0, streaming()).at(6, streaming());
    CHECK(looked.value(Q::Failed) == 0);
    looked.at(7, away("failed"));
    for (const Q quantity : {Q::Failed, Q::NotStreamingSeconds}) {
        REQUIRE(looked.readings.of(quantity));
        CHECK(looked.readings.of(quantity)->last);
    }
    CHECK(looked.is(Q::NotStreamingSeconds, C::Greater, 1e300) == true);
    CHECK(looked.is(Q::Failed, C::Equal, 1) == true);
}

TEST_CASE("a clean stop changes nothing") {
    Looked looked;
    looked.at(0, streaming()).at(6, streaming()).at(100, away("stopped"));
    CHECK(looked.value(Q::NotStreamingSeconds) == 0);
    CHECK(looked.value(Q::LagSeconds) == 0);
}

TEST_CASE("what was never seen is unknown") {
    Looked looked;
    StatusReport starting;
    starting.lag_seconds = unknown_lag;
    looked.at(0, starting);
    for (const Q quantity : {Q::LagBytes, Q::RetainedWalBytes, Q::SafeWalBytes, Q::DeadLetters,
                             Q::OutboxPending, Q::VerifyMismatches, Q::FreshnessSeconds, Q::FailedTables})
        CHECK_FALSE(looked.readings.of(quantity));
    CHECK(looked.is(Q::LagSeconds, C::Less, 5) == std::nullopt);
    StatusReport report = streaming();
    report.safe_wal_bytes = 7;
    report.dead_letters = 2;
    report.outbox_pending = 3;
    report.verify_mismatches = 4;
    report.tables = {table("a", 0), table("b", 0, "failed")};
    looked.at(1, report);
    CHECK(looked.value(Q::LagBytes) == 50);
    CHECK(looked.value(Q::RetainedWalBytes) == 1000);
    CHECK(looked.value(Q::SafeWalBytes) == 7);
    CHECK(looked.value(Q::DeadLetters) == 2);
    CHECK(looked.value(Q::OutboxPending) == 3);
    CHECK(looked.value(Q::VerifyMismatches) == 4);
    CHECK(looked.value(Q::FailedTables) == 1);
    CHECK_FALSE(looked.readings.of(Q::FreshnessSeconds));
    StatusReport gone = away();
    gone.dead_letters = 2;
    looked.at(2, gone);
    CHECK(looked.value(Q::DeadLetters) == 2);  // in the warehouse, where nobody changes them
    for (const Q quantity : {Q::LagBytes, Q::RetainedWalBytes, Q::SafeWalBytes, Q::FailedTables})
        CHECK_FALSE(looked.readings.of(quantity));
}

TEST_CASE("the stalest table counts, also after a session that does not know its commits") {
    Looked looked;
    StatusReport report = streaming();
    report.tables = {table("a", 90), table("b", 40), table("c", 0)};
    CHECK(looked.at(100, report).value(Q::FreshnessSeconds) == 60);
    CHECK(looked.at(110, away()).value(Q::FreshnessSeconds) == 70);
    report.tables = {table("a", 115), table("b", 0), table("c", 0)};
    CHECK(looked.at(120, report).value(Q::FreshnessSeconds) == 80);
    report.tables = {table("a", 115)};  // b is followed no more
    CHECK(looked.at(120, report).value(Q::FreshnessSeconds) == 5);
}

}  // namespace walferry
