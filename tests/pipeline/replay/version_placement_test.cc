#include "pipeline/replay/version_placement.h"

#include "tests/support/catch.h"

namespace walferry {

namespace {

Version version(std::uint64_t lsn, PgTime from, std::optional<PgTime> to, bool same = false) {
    return {Lsn{lsn}, from, to, same};
}

}  // namespace

TEST_CASE("a key's first version runs until the next one begins, or on") {
    const Placement only = place_row({}, true, 20);
    CHECK(only.opens);
    CHECK((only.from == 20 && !only.to && only.newest));
    const Placement first = place_row({{}, {}, version(30, 35, {})}, true, 20);
    CHECK((first.opens && first.from == 20 && first.to == 35 && !first.newest));
}

TEST_CASE("a version before that would have no length any more goes") {
    const Placement placed = place_row({version(10, 20, {}), {}, {}}, false, 15);
    CHECK(placed.before == Placement::Before::Goes);
    CHECK((placed.opens && placed.from == 20));
    const Placement ended = place_end({version(10, 20, {}), {}, {}}, 15);
    CHECK(ended.before == Placement::Before::Goes);
}

TEST_CASE("an update takes over what is left of the version that a later delete has ended") {
    const Placement placed = place_row({version(10, 10, 40), {}, {}}, false, 20);
    CHECK((placed.before == Placement::Before::Ends && placed.before_ends == 20));
    CHECK((placed.opens && placed.from == 20 && placed.to == 40 && !placed.newest));
}

TEST_CASE("an insert does not cut a version that a delete has ended, but begins after it") {
    const Placement placed = place_row({version(10, 10, 40), {}, version(50, 60, {})}, true, 20);
    CHECK(placed.before == Placement::Before::Stays);
    CHECK((placed.opens && placed.from == 40 && placed.to == 60));
}

TEST_CASE("an insert that a delete of its own transaction made room for cuts the version that goes on") {
    const Placement placed = place_row({version(10, 10, 60), {}, version(50, 60, {})}, true, 20);
    CHECK((placed.before == Placement::Before::Ends && placed.before_ends == 20));
    CHECK((placed.from == 20 && placed.to == 60));
}

TEST_CASE("a row that changes nothing tracked adds nothing, but only where the version still holds") {
    CHECK_FALSE(place_row({version(10, 10, {}, true), {}, {}}, false, 20).opens);
    CHECK(place_row({version(10, 10, {}, true), {}, {}}, false, 20).newest);
    CHECK_FALSE(place_row({version(10, 10, 40, true), {}, version(40, 40, {})}, false, 20).newest);
    CHECK(place_row({version(10, 10, 15, true), {}, {}}, false, 20).opens);
}

TEST_CASE("a delete in the letter's own transaction takes back what that began") {
    const Placement placed = place_end({version(10, 10, 20), version(20, 20, {}), {}}, 20);
    CHECK(placed.same_transaction == Placement::SameTransaction::Goes);
    CHECK(placed.before == Placement::Before::Stays);
    CHECK(placed.newest);
}

}  // namespace walferry
