#include "pipeline/resync/resync_board.h"

#include "tests/support/catch.h"

using namespace walferry;

namespace {

ResyncReport report_of(std::int64_t id, std::uint64_t rows_copied = 0) {
    ResyncReport report;
    report.row.id = id;
    report.row.rows_copied = rows_copied;
    return report;
}

}  // namespace

TEST_CASE("an announcement is taken once") {
    ResyncBoard board;
    CHECK_FALSE(board.take_announcement());
    board.announce();
    board.announce();
    CHECK(board.take_announcement());
    CHECK_FALSE(board.take_announcement());
}

TEST_CASE("the board shows the newest of each resync, in the order of ids, until it is cleared") {
    ResyncBoard board;
    board.show(report_of(2));
    board.show(report_of(1, 10));
    board.show(report_of(1, 20));
    REQUIRE(board.open().size() == 2);
    CHECK(board.open()[0].row.rows_copied == 20);
    CHECK(board.open()[1].row.id == 2);
    board.clear(1);
    CHECK_FALSE(board.running(1));
    CHECK(board.running(2));
}

TEST_CASE("what was cancelled is not shown any more, whoever still tries") {
    ResyncBoard board;
    board.show(report_of(1));
    CHECK_FALSE(board.is_cancelled(1));
    board.cancel(1);
    CHECK(board.is_cancelled(1));
    CHECK(board.open().empty());
    board.show(report_of(1, 5));
    CHECK(board.open().empty());
    board.clear(1);
    CHECK(board.is_cancelled(1));
}
