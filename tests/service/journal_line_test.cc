#include "service/journal_line.h"

#include "service/systemd_notifier.h"
#include "tests/support/catch.h"

using namespace walferry;

TEST_CASE("a line for the journal begins with its priority") {
    CHECK(journal_lines("critical", "m") == "<2>m\n");
    CHECK(journal_lines("error", "m") == "<3>m\n");
    CHECK(journal_lines("warning", "m") == "<4>m\n");
    CHECK(journal_lines("info", "m") == "<6>m\n");
    CHECK(journal_lines("debug", "m") == "<7>m\n");
    CHECK(journal_lines("trace", "m") == "<7>m\n");
}

TEST_CASE("every line of a message has the message's priority") {
    CHECK(journal_lines("error", "one\ntwo\n\nthree\n") == "<3>one\n<3>two\n<3>three\n");
}

TEST_CASE("systemd's status line has position and lag, and a reason is on that one line") {
    StatusReport report;
    report.state = "streaming";
    report.checkpoint = Lsn{0x1A2B};
    report.lag_bytes = 2048;
    report.lag_seconds = 0.25;
    CHECK(service_status_line(report) == "streaming at 0/1A2B, lag 2.0 KiB, 0.2 s");
    report.state = "retrying";
    report.reason = "refused\nREADY=1";
    CHECK(service_status_line(report) == "retrying at 0/1A2B: refused READY=1");
}
