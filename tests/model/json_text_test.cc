#include "model/json_text.h"

#include "model/pg_types.h"
#include "model/row_json.h"
#include "tests/support/catch.h"

using namespace walferry;

TEST_CASE("what is a number is told by JSON's grammar") {
    for (const char* number : {"0", "-0", "7", "-12", "1.50", "0.001", "1e5", "1E+20", "1e-05", "10.0e0"})
        CHECK(is_json_number(number));
    for (const char* other : {"", "-", "+1", "01", "-01", ".5", "1.", "1e", "1e+", "NaN", "Infinity", "1 ",
                              " 1", "0x1", "1.2.3", "1e5.0", "--1"})
        CHECK_FALSE(is_json_number(other));
}

TEST_CASE("a JSON string escapes quotes, backslashes and control characters, and nothing else") {
    std::string json;
    append_json_string(json, std::string_view("a\"b\\c\n\t\b\f\r\x01\x1f\0/ü", 16));
    CHECK(json == R"("a\"b\\c\n\t\b\f\r\u0001\u001f\u0000/ü")");
}

TEST_CASE("a row's integers and booleans are JSON's, and all else is a string") {
    const auto text = [](std::string_view bytes) { return ColumnValue{ValueKind::Text, bytes}; };
    const JsonField fields[] = {{"i", pg_types::int8, text("-9223372036854775808")},
                                {"b", pg_types::boolean, text("t")},
                                {"n", pg_types::numeric, text("1.50")},
                                {"gone", pg_types::text, {ValueKind::UnchangedToast, {}}},
                                {"s", pg_types::text, text("7")},
                                {"nil", pg_types::int4, {}}};
    CHECK(row_json(fields) == R"({"i":-9223372036854775808,"b":true,"n":"1.50","s":"7","nil":null})");
}

TEST_CASE("a hashed or masked integer or boolean is a string in a row's JSON") {
    const JsonField fields[] = {{"i", pg_types::int4, {ValueKind::Text, "5fa3"}},
                                {"b", pg_types::boolean, {ValueKind::Text, "****"}}};
    CHECK(row_json(fields) == R"({"i":"5fa3","b":"****"})");
}
