#include <fmt/format.h>

#include <limits>

#include "capture/debezium/built_in_types.h"
#include "capture/debezium/value_text.h"
#include "model/pg_types.h"
#include "tests/support/catch.h"

using namespace walferry;
using namespace walferry::debezium;
using Kind = ConnectValue::Kind;

namespace {

ConnectValue integer(std::int64_t value) {
    ConnectValue made;
    made.kind = Kind::Integer;
    made.integer = value;
    return made;
}

ConnectValue number(std::string_view digits) {
    ConnectValue made;
    made.kind = Kind::Number;
    made.text = digits;
    return made;
}

ConnectValue text(std::string_view value, Kind kind = Kind::String) {
    ConnectValue made;
    made.kind = kind;
    made.text = value;
    return made;
}

/// The value's text in a column of this form, or "refused".
std::string written(const ConnectValue& value, const ColumnForm& form) {
    ScratchArena arena;
    ValueText writer(arena);
    ColumnValue to;
    if (!writer.write(value, form, to)) return "refused";
    return to.kind == ValueKind::Null ? "NULL" : std::string(to.bytes);
}

ColumnForm known(std::uint32_t oid, std::int32_t modifier = -1, const Options& options = {}) {
    SourceType type = built_in_type(oid, modifier);
    type.oid = oid;
    return form_of(type, options);
}

ColumnForm named(ConnectKind kind, const char* name, std::int32_t scale = 0, std::int32_t length = -1) {
    ConnectType type;
    type.kind = kind;
    type.name = name;
    type.scale = scale;
    type.length = length;
    return form_of(type);
}

Options in_mode(TimeMode mode) {
    Options options;
    options.time = mode;
    return options;
}

}  // namespace

TEST_CASE("integers are refused beyond their type, never cut") {
    CHECK(written(integer(32'767), known(pg_types::int2)) == "32767");
    CHECK(written(integer(32'768), known(pg_types::int2)) == "refused");
    CHECK(written(integer(-2'147'483'649), known(pg_types::int4)) == "refused");
    CHECK(written(integer(4'294'967'295), known(pg_types::oid)) == "4294967295");
    CHECK(written(integer(-1), known(pg_types::oid)) == "refused");
    CHECK(written(integer(std::numeric_limits<std::int64_t>::min()), known(pg_types::int8)) ==
          "-9223372036854775808");
    CHECK(written(number("1.5"), known(pg_types::int4)) == "refused");
    CHECK(written(text("1"), known(pg_types::int4)) == "refused");
}

TEST_CASE("floating point numbers have PostgreSQL's digits") {
    const auto float8 = [](std::string_view digits) {
        return written(number(digits), known(pg_types::float8));
    };
    CHECK(float8("1.0E10") == "10000000000");
    CHECK(float8("1.0E15") == "1e+15");
    CHECK(float8("999999999999999") == "999999999999999");
    CHECK(float8("1.0E-4") == "0.0001");
    CHECK(float8("1.0E-5") == "1e-05");
    CHECK(float8("-0.0") == "-0");
    CHECK(float8("1.0E400") == "refused");
    CHECK(written(text("NaN"), known(pg_types::float8)) == "NaN");
    CHECK(written(text("-Infinity"), known(pg_types::float4)) == "-Infinity");
    CHECK(written(text("inf"), known(pg_types::float8)) == "refused");
    CHECK(written(number("1234567.8"), known(pg_types::float4)) == "1.2345678e+06");
    CHECK(written(number("1.4E-45"), known(pg_types::float4)) == "1e-45");
    CHECK(written(number("3.5E38"), known(pg_types::float4)) == "refused");
}

TEST_CASE("decimals keep every digit, whatever they travel as") {
    const auto precise = known(pg_types::numeric, numeric_modifier(10, 2));
    CHECK(written(text("bg=="), precise) == "1.10");
    CHECK(written(text("\x92", Kind::Bytes), precise) == "-1.10");
    CHECK(written(text("bh=="), precise) == "refused");  // bits that no byte has
    CHECK(written(text(""), precise) == "refused");
    CHECK(written(number("1.1"), precise) == "1.10");
    CHECK(written(number("1.125"), precise) == "refused");
    CHECK(written(number("1.0E8"), precise) == "refused");
    CHECK(written(number("99999999.99"), precise) == "99999999.99");
    CHECK(written(text("bg=="), known(pg_types::numeric)) == "refused");  // which scale?
    CHECK(written(text("bg=="), known(pg_types::numeric, numeric_modifier(5, -2))) == "refused");
    CHECK(written(number("12300"), known(pg_types::numeric, numeric_modifier(3, -2))) == "12300");
    CHECK(written(number("12350"), known(pg_types::numeric, numeric_modifier(3, -2))) == "refused");
    Options as_text;
    as_text.decimal = DecimalMode::String;
    const auto decimal = [&](std::string_view digits) {
        return written(text(digits), known(pg_types::numeric, -1, as_text));
    };
    CHECK(decimal("1.10") == "1.10");
    CHECK(decimal("1E+3") == "1000");
    CHECK(decimal("-1.5E-3") == "-0.0015");
    CHECK(decimal("0E-10") == "0.0000000000");
    CHECK(decimal("-0") == "0");
    CHECK(decimal("NaN") == "NaN");
    CHECK(decimal("1E+200000") == "refused");
    CHECK(decimal("1E-20000") == "refused");
    CHECK(decimal("1.2.3") == "refused");
    CHECK(written(number("1.0E10"), known(pg_types::numeric)) == "10000000000");
    CHECK(written(text("bg=="), known(pg_types::money)) == "$1.10");
    CHECK(written(text("gAAAAAAAAAA="), known(pg_types::money)) == "-$92,233,720,368,547,758.08");
    CHECK(written(text("AIAAAAAAAAAA"), known(pg_types::money)) == "refused");

    const ConnectField fields[] = {{"scale", integer(-3)}, {"value", text("AQ==")}};
    ConnectValue variable;
    variable.kind = Kind::Struct;
    variable.fields = fields;
    CHECK(written(variable, known(pg_types::numeric)) == "1000");
}

TEST_CASE("counts of time are read in the unit that their type or mode has") {
    CHECK(written(integer(-1), known(pg_types::date)) == "1969-12-31");
    CHECK(written(integer(-719'529), known(pg_types::date)) == "0002-12-31 BC");
    CHECK(written(integer(2'145'042'905), known(pg_types::date)) == "5874897-12-31");
    CHECK(written(integer(2'145'042'906), known(pg_types::date)) == "refused");
    CHECK(written(integer(-2'440'589), known(pg_types::date)) == "refused");
    CHECK(written(integer(86'400'000'000), known(pg_types::time)) == "24:00:00");
    CHECK(written(integer(86'400'000'001), known(pg_types::time)) == "refused");
    CHECK(written(integer(-1), known(pg_types::time)) == "refused");
    CHECK(written(integer(1'500), known(pg_types::time, 3)) == "00:00:01.5");
    CHECK(written(integer(1'500), known(pg_types::time, 3, in_mode(TimeMode::AdaptiveTimeMicroseconds))) ==
          "00:00:00.0015");
    CHECK(written(integer(1'500), known(pg_types::timestamp, 6, in_mode(TimeMode::Connect))) ==
          "1970-01-01 00:00:01.5");
    CHECK(written(integer(1'500), known(pg_types::timestamp, 3, in_mode(TimeMode::Microseconds))) ==
          "1970-01-01 00:00:00.0015");
    CHECK(written(integer(1'500'000), known(pg_types::timestamp, 6, in_mode(TimeMode::Nanoseconds))) ==
          "1970-01-01 00:00:00.0015");
    CHECK(written(integer(1'500'001), known(pg_types::timestamp, 6, in_mode(TimeMode::Nanoseconds))) ==
          "refused");
    CHECK(written(integer(std::numeric_limits<std::int64_t>::max()), known(pg_types::timestamp)) ==
          "infinity");
    CHECK(written(integer(9'223'372'036'825'200'000), known(pg_types::timestamp, 0)) == "infinity");
    CHECK(written(integer(-9'223'372'036'832'400'000), known(pg_types::timestamp, 0)) == "-infinity");
    CHECK(written(integer(9'223'372'036'825'200'001), known(pg_types::timestamp, 0)) == "refused");
    CHECK(written(integer(5), named(ConnectKind::Int64, "io.debezium.time.NanoTime")) == "refused");
    CHECK(written(integer(5'000), named(ConnectKind::Int64, "io.debezium.time.NanoTime")) ==
          "00:00:00.000005");
    CHECK(written(integer(5), named(ConnectKind::Int64, "org.apache.kafka.connect.data.Timestamp")) ==
          "1970-01-01 00:00:00.005");
    CHECK(written(integer(1999), named(ConnectKind::Int32, "io.debezium.time.Year")) == "1999");
}

TEST_CASE("times in ISO 8601 are read whatever their zone and precision") {
    const auto with_zone = [](std::string_view iso) {
        return written(text(iso), known(pg_types::timestamptz));
    };
    CHECK(with_zone("2024-02-29T07:04:56.123456Z") == "2024-02-29 07:04:56.123456+00");
    CHECK(with_zone("2024-01-01T00:30:00+05:30") == "2023-12-31 19:00:00+00");
    CHECK(with_zone("-0043-03-15T12:00:00.000Z") == "0044-03-15 12:00:00+00 BC");
    CHECK(with_zone("+10000-01-01T00:00:00Z") == "10000-01-01 00:00:00+00");
    CHECK(with_zone("2024-01-01T00:00:00.1234560Z") == "2024-01-01 00:00:00.123456+00");
    CHECK(with_zone("2024-01-01T00:00:00.1234567Z") == "refused");
    CHECK(with_zone("2024-02-30T00:00:00Z") == "refused");
    CHECK(with_zone("2024-01-01T00:00:00") == "refused");
    CHECK(with_zone("+294277-01-01T00:00:00Z") == "refused");
    CHECK(with_zone("infinity") == "infinity");
    CHECK(with_zone("") == "refused");
    const auto plain = [](std::string_view iso) { return written(text(iso), known(pg_types::timestamp)); };
    CHECK(plain("2024-01-01T00:00:00") == "2024-01-01 00:00:00");
    CHECK(plain("+292278994-08-16T23:00:00Z") == "infinity");
    CHECK(plain("-292275055-05-16T00:00:00Z") == "refused");
    CHECK(written(text("2024-02-29Z"), named(ConnectKind::String, "io.debezium.time.IsoDate")) ==
          "2024-02-29");
    CHECK(written(text("12:34:56.5Z"), named(ConnectKind::String, "io.debezium.time.IsoTime")) ==
          "12:34:56.5");
    CHECK(written(text("07:04:56.12Z"), known(pg_types::timetz)) == "07:04:56.12+00");
    CHECK(written(text("07:04+05:30"), known(pg_types::timetz)) == "07:04:00+05:30");
    CHECK(written(text("25:00:00Z"), known(pg_types::timetz)) == "refused");
}

TEST_CASE("intervals come as microseconds or in ISO 8601") {
    constexpr std::int32_t year_to_month = 6 << 16 | 0xffff;
    CHECK(written(integer(-1), known(pg_types::interval)) == "-00:00:00.000001");
    CHECK(written(integer(0), known(pg_types::interval)) == "00:00:00");
    CHECK(written(integer(9'223'372'036'854'775'806), known(pg_types::interval)) ==
          "2562047788:00:54.775806");
    CHECK(written(integer(std::numeric_limits<std::int64_t>::max()), known(pg_types::interval)) == "refused");
    CHECK(written(integer(14 * 2'629'800'000'000), known(pg_types::interval, year_to_month)) ==
          "1 year 2 mons");
    CHECK(written(integer(86'400'000'000), known(pg_types::interval, year_to_month)) == "refused");
    const auto iso = [](std::string_view period) {
        return written(text(period), named(ConnectKind::String, "io.debezium.time.Interval"));
    };
    CHECK(iso("P1Y2M3DT4H5M6.789012S") == "1 year 2 mons 3 days 04:05:06.789012");
    CHECK(iso("P-1Y-2M3DT-4H-5M-6.789012S") == "-1 years -2 mons +3 days -04:05:06.789012");
    CHECK(iso("PT0S") == "00:00:00");
    CHECK(iso("P1D") == "1 day");
    CHECK(iso("P0Y1M-1DT0S") == "1 mon -1 days");
    CHECK(iso("P1.5D") == "refused");
    CHECK(iso("PT6.7890123S") == "refused");
    CHECK(iso("1 day") == "refused");
}

TEST_CASE("bytes, bits, arrays and objects have PostgreSQL's form") {
    Options hex;
    hex.binary = BinaryMode::Hex;
    CHECK(written(text("AP8="), known(pg_types::bytea)) == "\\x00ff");
    CHECK(written(text("-_8"), known(pg_types::bytea)) == "\\xfbff");
    CHECK(written(text("AP8*"), known(pg_types::bytea)) == "refused");
    CHECK(written(text("DEad"), known(pg_types::bytea, -1, hex)) == "\\xdead");
    CHECK(written(text("dea"), known(pg_types::bytea, -1, hex)) == "refused");
    CHECK(written(text("Ag=="), known(oids::bit, 3)) == "010");
    CHECK(written(text("CA=="), known(oids::bit, 3)) == "refused");
    CHECK(written(text("Cw=="), known(oids::varbit)) == "1011");
    CHECK(written(integer(1), known(oids::bit, 1)) == "1");
    CHECK(written(text("Cw=="), named(ConnectKind::Bytes, "io.debezium.data.Bits", 0, 2'000'000'000)) ==
          "1011");

    const ConnectValue items[] = {text("a"),      text(""),     text("NuLL"), text("q\"\\"),
                                  ConnectValue{}, text("c, d"), text("{}")};
    ConnectValue array;
    array.kind = Kind::Array;
    array.items = items;
    const ColumnForm texts = form_of(array_type(built_in_type(pg_types::text)), Options{});
    CHECK(written(array, texts) == R"({a,"","NuLL","q\"\\",NULL,"c, d","{}"})");
    const ConnectValue nested[] = {array};
    ConnectValue outer = array;
    outer.items = nested;
    CHECK(written(outer, texts) == "refused");
    array.items = {};
    CHECK(written(array, texts) == "{}");

    // Types that Debezium sends with include.unknown.datatypes only.
    CHECK(written(text("MTYvQjM3NEQ4NDg="), known(3220)) == "16/B374D848");
    CHECK(written(text("ezEuMTB9"), form_of(array_type(built_in_type(oids::point)), Options{})) == "{1.10}");
    CHECK(written(text("no base64"), known(3220)) == "refused");
    CHECK(written(text("/w=="), known(3220)) == "refused");
    CHECK(written(text("10.0.0.1"), known(869)) == "10.0.0.1");

    SourceType hstore;
    hstore.name = "hstore";
    CHECK(written(text(R"({"bb":"x\"","a":null})"), form_of(hstore, Options{})) ==
          R"("a"=>NULL, "bb"=>"x\"")");
    CHECK(written(text(R"({"a":1})"), form_of(hstore, Options{})) == "refused");
    CHECK(written(text(std::string_view("a\0b", 3)), known(pg_types::text)) == "refused");
}

TEST_CASE("geometry that is none of PostgreSQL's own is PostGIS's text") {
    const ConnectField fields[] = {{"wkb", text("AQEAAAAAAAAAAADwPwAAAAAAAABA")}, {"srid", integer(4326)}};
    ConnectValue geometry;
    geometry.kind = Kind::Struct;
    geometry.fields = fields;
    CHECK(written(geometry, named(ConnectKind::Struct, "io.debezium.data.geometry.Geometry")) ==
          "0101000020E6100000000000000000F03F0000000000000040");
    const ConnectField extension[] = {{"type", text("path")}};
    ConnectValue extensions = geometry;
    extensions.fields = extension;
    const ConnectField path[] = {{"wkb", text("AQIAAAD/////")}, {"extensions", extensions}};
    geometry.fields = path;  // a count without its points
    CHECK(written(geometry, known(oids::path)) == "refused");
}
