#include "model/snapshot.h"

#include "tests/support/catch.h"

using namespace walferry;

TEST_CASE("a snapshot sees what was finished when it was taken") {
    const auto snapshot = parse_snapshot("100:105:100,103");
    REQUIRE(snapshot);
    CHECK(snapshot->sees(99));
    CHECK_FALSE(snapshot->sees(100));
    CHECK(snapshot->sees(101));
    CHECK_FALSE(snapshot->sees(103));
    CHECK_FALSE(snapshot->sees(105));
    CHECK_FALSE(snapshot->sees(4000));
}

TEST_CASE("a 32-bit xid is widened with the snapshot's epoch, across the wrap") {
    // 2^32 + 10: the second epoch has just begun.
    const auto snapshot = parse_snapshot("4294967290:4294967306:4294967290");
    REQUIRE(snapshot);
    CHECK_FALSE(snapshot->sees(4294967290u));  // in progress, first epoch
    CHECK(snapshot->sees(4294967291u));        // finished, first epoch
    CHECK(snapshot->sees(5));                  // finished, second epoch
    CHECK_FALSE(snapshot->sees(10));           // not begun, second epoch
}

TEST_CASE("what is no snapshot is refused") {
    for (const char* text : {"", "1", "1:2", "a:2:", "1:2:x", "1:2:3,,4"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_snapshot(text).has_value());
    }
    CHECK(parse_snapshot("1:2:").has_value());
}
