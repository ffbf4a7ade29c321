#include <limits>

#include "model/byte_order.h"
#include "model/pg_types.h"
#include "tests/publish/made_columns.h"
#include "tests/support/catch.h"

namespace walferry::publish {
namespace {

ValueOptions in_mode(TimeMode mode) {
    ValueOptions options;
    options.time = mode;
    return options;
}

template <class T>
std::string json_of_sent(const PublishedColumn& column, T number) {
    const TypePlan plan = plan_type(column, {});
    std::string bytes(sizeof number, '\0');
    store_big_endian(bytes.data(), number);
    std::string json;
    JsonSink sink(json);
    return plan.from_binary(plan.format, bytes, sink) == Carried::Whole ? json : "no value";
}

const PublishedColumn date = column_of(pg_types::date);
const PublishedColumn timestamp = column_of(pg_types::timestamp);
const PublishedColumn millis = column_of(pg_types::timestamp, 3);
const PublishedColumn zoned = column_of(pg_types::timestamptz);

}  // namespace

TEST_CASE("dates are days of the proleptic calendar, from the first to the last that PostgreSQL has") {
    CHECK(json_of(date, "1970-01-01") == "0");
    CHECK(json_of(date, "0001-01-01") == "-719162");
    CHECK(json_of(date, "0001-12-31 BC") == "-719163");
    CHECK(json_of(date, "4713-01-01 BC") == "-2440550");
    CHECK(json_of(date, "5874897-12-31") == "2145042905");
    CHECK(json_of(date, "2024-02-29") == "19782");
    CHECK(json_of(date, "infinity") == "2147483647");
    CHECK(json_of(date, "-infinity") == "-2147483648");
    for (const char* wrong : {"", "2024", "2024-13-01", "2024-1-01", "2024-01-01x", "x024-01-01"})
        CHECK(json_of(date, wrong) == "invalid");
    CHECK(json_of_sent(date, std::int32_t{0}) == "10957");
    CHECK(json_of_sent(date, std::numeric_limits<std::int32_t>::min()) == "-2147483648");
    CHECK(json_of(date, "0044-03-15 BC", in_mode(TimeMode::IsoString)) == R"("-0043-03-15Z")");
    CHECK(json_of(date, "infinity", in_mode(TimeMode::IsoString)) == R"("infinity")");
    ValueOptions exact;
    exact.fidelity = Fidelity::Exact;
    CHECK(json_of(date, "0044-03-15 BC", exact) == R"("0044-03-15 BC")");
}

TEST_CASE("times have the unit of their mode") {
    const PublishedColumn time = column_of(pg_types::time);
    const PublishedColumn coarse = column_of(pg_types::time, 2);
    CHECK(json_of(time, "24:00:00") == "86400000000");
    CHECK(json_of(time, "12:34:56.1") == "45296100000");
    CHECK(json_of(coarse, "12:34:56.12") == "45296120");
    CHECK(json_of(coarse, "12:34:56.12", in_mode(TimeMode::AdaptiveTimeMicroseconds)) == "45296120000");
    CHECK(json_of(time, "12:34:56.123456", in_mode(TimeMode::Connect)) == "45296123");
    CHECK(json_of(time, "12:34:56.123456", in_mode(TimeMode::Nanoseconds)) == "45296123456000");
    CHECK(json_of(time, "12:34:56.120000", in_mode(TimeMode::IsoString)) == R"("12:34:56.12Z")");
    CHECK(json_of(time, "24:00:00", in_mode(TimeMode::IsoString)) == R"("24:00:00Z")");
    for (const char* wrong :
         {"", "12", "25:00:00", "12:60:00", "12:00:00.1234567", "12:00:00.", "12:00:00+00"})
        CHECK(json_of(time, wrong) == "invalid");
    CHECK(json_of_sent(time, std::int64_t{86400000000}) == "86400000000");
}

TEST_CASE("a time with zone is told in UTC, also when its offset has seconds") {
    const PublishedColumn timetz = column_of(pg_types::timetz);
    CHECK(json_of(timetz, "24:00:00+00") == R"("24:00:00Z")");
    CHECK(json_of(timetz, "24:00:00-02") == R"("02:00:00Z")");
    CHECK(json_of(timetz, "00:30:00.5+05:30") == R"("19:00:00.5Z")");
    CHECK(json_of(timetz, "01:02:03-15:59:59") == R"("17:02:02Z")");
    CHECK(json_of(timetz, "01:02:03") == "invalid");
}

TEST_CASE("timestamps reach as far as their unit does, and no further") {
    CHECK(json_of(timestamp, "1969-12-31 23:59:59.999999") == "-1");
    CHECK(json_of(millis, "1969-12-31 23:59:59.999") == "-1");
    CHECK(json_of(millis, "0044-03-15 12:00:00 BC") == "-63517780800000");
    CHECK(json_of(timestamp, "infinity") == "9223372036854775807");
    CHECK(json_of(timestamp, "-infinity") == "-9223372036854775808");
    CHECK(json_of(millis, "infinity") == "9223372036825200000");
    CHECK(json_of(millis, "-infinity") == "-9223372036832400000");
    // Long.MAX_VALUE microseconds are 294247-01-10 04:00:54.775807, which stands for infinity.
    CHECK(json_of(timestamp, "294247-01-10 04:00:54.775806") == "9223372036854775806");
    CHECK(json_of(timestamp, "294247-01-10 04:00:54.775807") == "out of range");
    CHECK(json_of(timestamp, "294276-12-31 23:59:59.999999") == "out of range");
    CHECK(json_of(millis, "294276-12-31 23:59:59.999") == "9224318015999999");
    CHECK(json_of(timestamp, "4713-01-01 00:00:00 BC") == "-210863520000000000");
    CHECK(json_of_sent(timestamp, std::int64_t{0}) == "946684800000000");
    CHECK(json_of_sent(timestamp, std::int64_t{-946684800000001}) == "-1");
    CHECK(json_of_sent(timestamp, std::numeric_limits<std::int64_t>::max()) == "9223372036854775807");
    CHECK(json_of(timestamp, "2262-04-11 23:47:16.854775", in_mode(TimeMode::Nanoseconds)) ==
          "9223372036854775000");
    CHECK(json_of(timestamp, "1677-09-21 00:12:43.145225", in_mode(TimeMode::Nanoseconds)) ==
          "-9223372036854775000");
    CHECK(json_of(timestamp, "2262-04-11 23:47:16.854776", in_mode(TimeMode::Nanoseconds)) == "out of range");
    CHECK(json_of(timestamp, "2024-02-29 12:34:56.1", in_mode(TimeMode::IsoString)) ==
          R"("2024-02-29T12:34:56.1Z")");
    CHECK(json_of(timestamp, "-infinity", in_mode(TimeMode::IsoString)) == R"("-infinity")");
    CHECK(json_of(timestamp, "2024-02-29 12:34:56.123456", in_mode(TimeMode::Connect)) == "1709210096123");
    CHECK(plan_type(millis, in_mode(TimeMode::Microseconds)).schema.name ==
          "io.debezium.time.MicroTimestamp");
    CHECK(json_of(timestamp, "2024-02-29T12:34:56") == "invalid");
}

TEST_CASE("a timestamp with zone is ISO, with the column's digits and signed years") {
    CHECK(json_of(zoned, "2024-02-29 07:04:56.1+00") == R"("2024-02-29T07:04:56.100000Z")");
    CHECK(json_of(zoned, "0044-03-15 12:00:00+00 BC") == R"("-0043-03-15T12:00:00.000000Z")");
    CHECK(json_of(zoned, "0001-12-31 00:00:00+00 BC") == R"("0000-12-31T00:00:00.000000Z")");
    CHECK(json_of(zoned, "10000-01-01 00:00:00+00") == R"("+10000-01-01T00:00:00.000000Z")");
    CHECK(json_of(zoned, "2024-01-01 00:30:00+05:30") == R"("2023-12-31T19:00:00.000000Z")");
    CHECK(json_of(zoned, "infinity") == R"("infinity")");
    CHECK(json_of(column_of(pg_types::timestamptz, 0), "2024-02-29 07:04:56+00") ==
          R"("2024-02-29T07:04:56Z")");
    CHECK(json_of_sent(zoned, std::int64_t{-1}) == R"("1999-12-31T23:59:59.999999Z")");
}

TEST_CASE("intervals are microseconds with months of 30.4375 days, or ISO, or text") {
    const PublishedColumn interval = column_of(pg_types::interval);
    ValueOptions iso;
    iso.interval = IntervalMode::String;
    ValueOptions exact;
    exact.fidelity = Fidelity::Exact;
    CHECK(json_of(interval, "00:00:00") == "0");
    CHECK(json_of(interval, "1 mon") == "2629800000000");
    CHECK(json_of(interval, "-1 years -2 mons +3 days -04:05:06.789012") == "-36572706789012");
    CHECK(json_of(interval, "178000000 years") == "9223372036854775807");
    CHECK(json_of(interval, "-178000000 years") == "-9223372036854775808");
    CHECK(json_of(interval, "2562047788:00:54.775807") == "9223372036854775807");
    CHECK(json_of(interval, "1 year 2 mons 3 days 04:05:06.789012", iso) == R"("P1Y2M3DT4H5M6.789012S")");
    CHECK(json_of(interval, "-1 years -2 mons +3 days -04:05:06.789", iso) == R"("P-1Y-2M3DT-4H-5M-6.789S")");
    CHECK(json_of(interval, "-00:00:00.5", iso) == R"("P0Y0M0DT0H0M-0.5S")");
    CHECK(json_of(interval, "00:00:00", iso) == R"("P0Y0M0DT0H0M0S")");
    CHECK(json_of(interval, "1 mon -1 days", exact) == R"("1 mon -1 days")");
    for (const char* wrong : {"", "1", "1 week", "1 mon x", "mon", "1:2:3 4", "P1Y"})
        CHECK(json_of(interval, wrong) == "invalid");
}

}  // namespace walferry::publish
