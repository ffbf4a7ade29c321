#include "config/quantity.h"

#include "tests/support/catch.h"

using namespace walferry;

TEST_CASE("sizes have a unit, of 1000 or of 1024") {
    CHECK(parse_bytes("64MiB") == 64ll << 20);
    CHECK(parse_bytes("64mib") == 64ll << 20);
    CHECK(parse_bytes("64 MB") == 64'000'000);
    CHECK(parse_bytes("1.5GiB") == 3ll << 29);
    CHECK(parse_bytes("0.5KB") == 500);
    CHECK(parse_bytes("0B") == 0);
    CHECK(parse_bytes("8388607TiB") == 8388607ll << 40);
}

TEST_CASE("what is no size is refused, overflow too") {
    for (const char* text : {"", "64", "MiB", "-1MiB", "+1MiB", "1.MiB", ".5MiB", "1,5MiB", "64M", "64MiBs",
                             " 1B", "8388608TiB", "99999999999999999999B", "0x10B", "1e3B", "1B "}) {
        CAPTURE(text);
        CHECK_FALSE(parse_bytes(text).has_value());
    }
}

TEST_CASE("durations have a unit, except for zero") {
    CHECK(parse_duration("0ms") == 0);
    CHECK(parse_duration("0") == 0);
    CHECK(parse_duration("250ms") == 250);
    CHECK(parse_duration("60s") == 60'000);
    CHECK(parse_duration("5m") == 300'000);
    CHECK(parse_duration("24h") == 86'400'000);
    CHECK(parse_duration("7d") == 604'800'000);
    CHECK(parse_duration("106751991167d") == 106751991167ll * 86'400'000);
}

TEST_CASE("what is no duration is refused, overflow too") {
    for (const char* text : {"", "60", "s", "-1s", "1.5s", "1h30m", "1 s", "1S", "1min", "106751991168d",
                             "9223372036854775808ms"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text).has_value());
    }
}

TEST_CASE("whole numbers are digits to the end") {
    CHECK(parse_integer("0") == 0);
    CHECK(parse_integer("-5") == -5);
    CHECK(parse_integer("9223372036854775807") == 9223372036854775807ll);
    for (const char* text : {"", "+1", "1.0", "1e3", "0x1", " 1", "1 ", "9223372036854775808", "1_000"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_integer(text).has_value());
    }
}

TEST_CASE("limits are shown in their largest unit") {
    CHECK(bytes_text(64ll << 20) == "64MiB");
    CHECK(bytes_text(1000) == "1000B");
    CHECK(bytes_text(0) == "0B");
    CHECK(duration_text(90'000) == "90s");
    CHECK(duration_text(86'400'000) == "1d");
    CHECK(duration_text(0) == "0ms");
}

TEST_CASE("fractions are decimal numbers, exact to a millionth") {
    CHECK(parse_fraction("0.05") == 50'000);
    CHECK(parse_fraction("1") == 1'000'000);
    CHECK(parse_fraction("0") == 0);
    CHECK(parse_fraction(".5") == 500'000);
    CHECK(parse_fraction("0.000001") == 1);
    CHECK(fraction_text(50'000) == "0.05");
    CHECK(fraction_text(1'000'000) == "1");
    for (const char* text : {"", ".", "1.", "-0.1", "+1", "5%", "1e-2", "0.0000001", "0,05", "0.5 ",
                             "99999999999999999999", "a"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_fraction(text).has_value());
    }
}
