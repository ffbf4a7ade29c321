#include "service/progress_report.h"

#include "tests/support/catch.h"

using namespace walferry;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

TableReport table(const char* state, std::uint64_t copied, std::int64_t estimated) {
    TableReport report;
    report.name = "public.t";
    report.state = state;
    report.rows_copied = copied;
    report.rows_estimated = estimated;
    return report;
}

}  // namespace

TEST_CASE("a copy's progress says rows, rate and time left") {
    ProgressLine progress;
    StatusReport report;
    report.state = "copying";
    report.tables = {table("copying", 1000, 11'000), table("streaming", 500, 500), table("excluded", 0, -1)};
    const steady_clock::time_point start{seconds(100)};
    const auto first = progress.next(report, start);
    CHECK(first.working);
    CHECK(first.text == "copying: 1 of 2 tables, 1.5k rows");
    report.tables[0].rows_copied = 3000;
    CHECK(progress.next(report, start + seconds(2)).text ==
          "copying: 1 of 2 tables, 3.5k rows, 1.0k rows/s, about 8 s left");
}

TEST_CASE("streaming is worth a log line only when it has to catch up") {
    ProgressLine progress;
    StatusReport report;
    report.state = "streaming";
    const steady_clock::time_point start{seconds(100)};
    CHECK_FALSE(progress.next(report, start).working);
    report.checkpoint = Lsn{64u << 20};
    report.lag_bytes = 32 << 20;
    report.lag_seconds = 5;
    const auto line = progress.next(report, start + seconds(1));
    CHECK(line.working);
    CHECK(line.text == "catching up: lag 32.0 MiB, 5.0 s, 64.0 MiB/s, about 1 s left");
    report.state = "retrying";
    report.reason = "no route";
    CHECK(progress.next(report, start + seconds(2)).text == "retrying: no route");
}
