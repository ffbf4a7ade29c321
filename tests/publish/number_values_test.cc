#include "model/byte_order.h"
#include "model/pg_types.h"
#include "publish/values/decimal_bytes.h"
#include "tests/publish/made_columns.h"
#include "tests/support/catch.h"

namespace walferry::publish {
namespace {

std::string bytes_of(bool negative, std::string_view digits) {
    const DecimalBytes bytes(negative, digits, {});
    std::string hex;
    for (const char byte : bytes.view()) {
        hex += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
        hex += "0123456789abcdef"[byte & 15];
    }
    return hex;
}

/// numeric_send's bytes.
std::string sent_numeric(std::int16_t weight, std::uint16_t sign, std::uint16_t scale,
                         const std::vector<std::int16_t>& digits) {
    std::string bytes(8 + 2 * digits.size(), '\0');
    store_big_endian(bytes.data(), static_cast<std::int16_t>(digits.size()));
    store_big_endian(bytes.data() + 2, weight);
    store_big_endian(bytes.data() + 4, sign);
    store_big_endian(bytes.data() + 6, scale);
    for (std::size_t i = 0; i < digits.size(); ++i) store_big_endian(bytes.data() + 8 + 2 * i, digits[i]);
    return bytes;
}

std::string json_of_sent(WriteValue write, const std::string& bytes, int scale = 0) {
    std::string json;
    JsonSink sink(json);
    ValueFormat format;
    format.scale = scale;
    return write(format, bytes, sink) == Carried::Whole ? json : "no value";
}

}  // namespace

TEST_CASE("integers become two's complement in as few bytes as there can be") {
    CHECK(bytes_of(false, "0") == "00");
    CHECK(bytes_of(true, "0") == "00");
    CHECK(bytes_of(false, "127") == "7f");
    CHECK(bytes_of(false, "128") == "0080");
    CHECK(bytes_of(true, "128") == "80");
    CHECK(bytes_of(true, "129") == "ff7f");
    CHECK(bytes_of(false, "255") == "00ff");
    CHECK(bytes_of(true, "256") == "ff00");
    CHECK(bytes_of(false, "0000000000000000000000000000000000000000001") == "01");
    // 10^38 - 1 is the most without memory; 2^127 and beyond go the long way.
    CHECK(bytes_of(false, "99999999999999999999999999999999999999") == "4b3b4ca85a86c47a098a223fffffffff");
    CHECK(bytes_of(false, "170141183460469231731687303715884105728") == "0080000000000000000000000000000000");
    CHECK(bytes_of(true, "170141183460469231731687303715884105728") == "80000000000000000000000000000000");
    CHECK(bytes_of(true, "170141183460469231731687303715884105729") == "ff7fffffffffffffffffffffffffffffff");
    CHECK(bytes_of(false, "340282366920938463463374607431768211456") == "0100000000000000000000000000000000");
    CHECK(bytes_of(true, "340282366920938463463374607431768211456") == "ff00000000000000000000000000000000");
}

TEST_CASE("numeric follows decimal.handling.mode") {
    const PublishedColumn fixed = column_of(pg_types::numeric, numeric_modifier(10, 2));
    const PublishedColumn free = column_of(pg_types::numeric);
    ValueOptions options;
    CHECK(json_of(fixed, "1.10") == R"("bg==")");
    CHECK(json_of(fixed, "-1.10") == R"("kg==")");
    CHECK(json_of(fixed, "0.00") == R"("AA==")");
    CHECK(json_of(fixed, "1.5") == R"("AJY=")");
    CHECK(json_of(fixed, "1.505") == "out of range");
    CHECK(json_of(fixed, "NaN") == "not carried");
    CHECK(json_of(fixed, "1.1x") == "invalid");
    CHECK(json_of(fixed, "") == "invalid");
    CHECK(json_of(free, "0.000") == R"({"scale":0,"value":"AA=="})");
    CHECK(json_of(free, "1.1000") == R"({"scale":1,"value":"Cw=="})");
    CHECK(json_of(free, "Infinity") == "not carried");
    const PublishedColumn hundreds = column_of(pg_types::numeric, numeric_modifier(3, -2));
    CHECK(json_of(hundreds, "-99900") == R"("/Bk=")");
    CHECK(json_of(hundreds, "0") == R"("AA==")");
    CHECK(json_of(hundreds, "150") == "out of range");
    options.decimal = DecimalMode::Double;
    CHECK(json_of(free, "1.10", options) == "1.1");
    CHECK(json_of(free, "100", options) == "100.0");
    CHECK(json_of(free, "NaN", options) == R"("NaN")");
    CHECK(json_of(free, "-1" + std::string(400, '0'), options) == R"("-Infinity")");
    CHECK(json_of(free, "0." + std::string(400, '0') + "1", options) == "0.0");
    options.decimal = DecimalMode::String;
    CHECK(json_of(free, "1.10", options) == R"("1.10")");
    CHECK(json_of(free, "NaN", options) == R"("NaN")");
    options.fidelity = Fidelity::Exact;
    CHECK(plan_type(free, options).schema.name == "");
    options.decimal = DecimalMode::Precise;
    CHECK(plan_type(free, options).schema.name == "io.walferry.Text");
    CHECK(json_of(free, "-Infinity", options) == R"("-Infinity")");
}

TEST_CASE("numeric's binary form gives the same as its text") {
    CHECK(json_of_sent(write_binary_numeric, sent_numeric(0, 0, 2, {1, 1000}), 2) == R"("bg==")");
    CHECK(json_of_sent(write_binary_numeric, sent_numeric(0, 0x4000, 2, {1, 1000}), 2) == R"("kg==")");
    CHECK(json_of_sent(write_binary_numeric, sent_numeric(0, 0, 2, {}), 2) == R"("AA==")");
    CHECK(json_of_sent(write_binary_variable_numeric, sent_numeric(5, 0, 0, {1})) ==
          R"({"scale":0,"value":"BWvHXi1jEAAA"})");
    CHECK(json_of_sent(write_binary_variable_numeric, sent_numeric(-5, 0, 20, {1})) ==
          R"({"scale":20,"value":"AQ=="})");
    CHECK(json_of_sent(write_binary_variable_numeric, sent_numeric(0, 0xC000, 0, {})) == "no value");
    CHECK(json_of_sent(write_binary_variable_numeric, "short") == "no value");
    CHECK(json_of_sent(write_binary_variable_numeric, sent_numeric(0, 0, 0, {1}) + "x") == "no value");
}

TEST_CASE("money follows decimal.handling.mode") {
    const PublishedColumn money = column_of(pg_types::money);
    ValueOptions options;
    CHECK(json_of(money, "-$92,233,720,368,547,758.08") == R"("gAAAAAAAAAA=")");
    options.decimal = DecimalMode::Double;
    CHECK(json_of(money, "$1.10", options) == "1.1");
    options.decimal = DecimalMode::String;
    CHECK(json_of(money, "-$1,234.56", options) == R"("-1234.56")");
    CHECK(json_of(money, "€1", options) == "invalid");
}

TEST_CASE("integers and booleans are themselves or invalid") {
    CHECK(json_of(column_of(pg_types::int8), "-9223372036854775808") == "-9223372036854775808");
    CHECK(json_of(column_of(pg_types::oid), "4294967295") == "4294967295");
    CHECK(json_of(column_of(pg_types::int4), "1,2") == "invalid");
    CHECK(json_of(column_of(pg_types::int4), "") == "invalid");
    CHECK(json_of(column_of(pg_types::boolean), "t") == "true");
    CHECK(json_of(column_of(pg_types::boolean), "true") == "invalid");
    CHECK(json_of(column_of(pg_types::float4), "1e-45") == "1e-45");
    CHECK(json_of(column_of(pg_types::float8), "Infinity") == R"("Infinity")");
}

}  // namespace walferry::publish
