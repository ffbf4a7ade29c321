#include "service/time_text.h"
#include "model/utc_text.h"

#include "tests/support/catch.h"

using namespace walferry;

TEST_CASE("a time is printed in UTC, to the microsecond") {
    CHECK(utc_text(1'500'000) == "2000-01-01T00:00:01.500000Z");
    CHECK(utc_text(-1) == "1999-12-31T23:59:59.999999Z");
}

TEST_CASE("a time is read as people write it, and as it is printed") {
    constexpr PgTime second = 1'000'000;
    const auto read = [](const char* text) { return parse_time(text, 0); };
    CHECK(read("2000-01-02") == 86'400 * second);
    CHECK(read("2000-01-01T00:01") == 60 * second);
    CHECK(read("2000-01-01 00:01:02") == 62 * second);
    CHECK(read("2000-01-01T01:00:00+01") == 0);
    CHECK(read("2000-01-01T01:00+01:00") == 0);
    CHECK(read("2000-01-01T00:00Z") == 0);
    CHECK(read(utc_text(831'234'567'890'123).c_str()) == 831'234'567'890'123);
}

TEST_CASE("a duration means so long ago") {
    CHECK(parse_time("90s", 100'000'000) == 10'000'000);
    CHECK(parse_time("1h", 0) == -3'600'000'000);
}

TEST_CASE("what is no time is refused") {
    for (const char* text :
         {"", "yesterday", "2000", "2000-13-01", "2000-01-01T", "2000-01-01T25:00", "2000-01-01 00:00:00 CET",
          "01/02/2000", "infinity", "-1h", "99999999999d", "1"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_time(text, 0));
    }
}
