#include "service/resync_view.h"

#include "service/status_json.h"
#include "tests/support/catch.h"

using namespace walferry;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

ResyncReport report_of(std::int64_t id, ResyncState state, std::uint64_t rows_copied = 0) {
    ResyncReport report;
    report.row.id = id;
    report.row.source_schema = "public";
    report.row.source_table = "t" + std::to_string(id);
    report.row.state = state;
    report.row.rows_copied = rows_copied;
    report.row.requested_at = 1'500'000;
    return report;
}

nlohmann::ordered_json with(ResyncState state, const std::string& reason = "") {
    ResyncReport report = report_of(1, state, 1'000'000);
    report.row.rows_changed = 3;
    report.row.reason = reason;
    return resync_json(report);
}

}  // namespace

TEST_CASE("a resync's JSON has all fields, and null for what is not known") {
    ResyncReport report = report_of(7, ResyncState::Copying, 5);
    CHECK(resync_json(report).dump() ==
          R"({"id":7,"table":"public.t7","state":"copying","reason":"","rows_copied":5,)"
          R"("rows_estimated":null,"rows_changed":0,"requested_at":"2000-01-01T00:00:01.500000Z",)"
          R"("ended_at":null})");
    report.rows_estimated = 10;
    report.row.ended_at = 2'000'000;
    CHECK(resync_json(report)["rows_estimated"] == 10);
    CHECK(resync_json(report)["ended_at"] == "2000-01-01T00:00:02.000000Z");
}

TEST_CASE("the line of a resync says what became of it") {
    CHECK(resync_line(with(ResyncState::Done)) == "public.t1\tdone\trows 1000000\tchanged 3");
    CHECK(resync_line(with(ResyncState::Failed, "no\tspace\nleft")) ==
          "public.t1\tfailed\tno\\tspace\\nleft");
    CHECK(resync_line(with(ResyncState::Cancelled)) == "public.t1\tcancelled");
    CHECK(resync_line(with(ResyncState::Requested)) == "public.t1\trequested");
}

TEST_CASE("a resync's progress says table, rows, rate and time left") {
    ResyncProgress progress;
    ResyncReport copying = report_of(2, ResyncState::Copying, 1000);
    copying.rows_estimated = 11'000;
    const ResyncReport done = report_of(1, ResyncState::Done), waiting = report_of(3, ResyncState::Requested);
    const steady_clock::time_point start{seconds(100)};
    CHECK(progress.next(resyncs_json({done, waiting, copying}), start) ==
          "resync: 1 of 3 tables, public.t2 copying, 1.0k of about 11.0k rows");
    copying.row.rows_copied = 3000;
    CHECK(progress.next(resyncs_json({done, waiting, copying}), start + seconds(2)) ==
          "resync: 1 of 3 tables, public.t2 copying, 3.0k of about 11.0k rows, 1.0k rows/s, about 8 s left");
    // Too soon for another rate.
    copying.row.rows_copied = 3001;
    CHECK(progress.next(resyncs_json({copying}), start + milliseconds(2100)) ==
          "resync: 0 of 1 table, public.t2 copying, 3.0k of about 11.0k rows, 1.0k rows/s, about 8 s left");
    copying.row.state = ResyncState::CatchingUp;
    CHECK(progress.next(resyncs_json({copying}), start + seconds(4)) ==
          "resync: 0 of 1 table, public.t2 catching_up, 3.0k of about 11.0k rows");
    CHECK(progress.next(resyncs_json({done, waiting}), start + seconds(5)) ==
          "resync: 1 of 2 tables, public.t3 requested, 0 rows");
    CHECK(progress.next(resyncs_json({done}), start + seconds(6)) == "resync: 1 of 1 table");
}

TEST_CASE("status has the open resyncs, and nothing of them when there are none") {
    StatusReport report;
    report.pipeline = "shop";
    CHECK_FALSE(status_json(report).contains("resyncs"));
    CHECK(status_text(status_json(report)).find("resync") == std::string::npos);
    report.resyncs = {report_of(4, ResyncState::Copying, 12), report_of(5, ResyncState::Requested)};
    CHECK(status_json(report)["resyncs"][0]["table"] == "public.t4");
    CHECK_THAT(status_text(status_json(report)),
               CONTAINS_TEXT("resync        public.t4 copying, 12 rows\n"
                             "resync        public.t5 requested, 0 rows\n"));
}
