#include "publish/json_sink.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "model/base64.h"
#include "tests/support/catch.h"

namespace walferry::publish {
namespace {

std::string escaped(std::string_view text) {
    std::string json;
    append_escaped(json, text);
    return json;
}

std::string base64(std::string_view bytes, bool url_safe = false) {
    std::string text;
    append_base64(text, bytes, url_safe);
    return text;
}

}  // namespace

TEST_CASE("every byte comes back from a JSON string, wherever in it it stands") {
    CHECK(escaped("a\"b\\c\b\t\n\f\r/\x1f\x7f") == "\"a\\\"b\\\\c\\b\\t\\n\\f\\r/\\u001f\x7f\"");
    CHECK(escaped("é漢字😀") == "\"é漢字😀\"");
    for (int byte = 0; byte < 0x80; ++byte) {
        for (std::size_t before = 0; before < 18; ++before) {
            std::string text(before, 'x');
            text += static_cast<char>(byte);
            text += "0123456789";
            REQUIRE(nlohmann::json::parse(escaped(text)) == text);
        }
    }
    // Bytes of UTF-8 stand as they are, in eights and beside them.
    for (int byte = 0x80; byte < 0x100; ++byte) {
        const std::string text(9, static_cast<char>(byte));
        REQUIRE(escaped(text) == "\"" + text + "\"");
    }
}

TEST_CASE("numbers are written in full, floats with a point or an exponent") {
    std::string json;
    JsonSink sink(json);
    sink.begin_array();
    for (const std::int64_t number : {std::numeric_limits<std::int64_t>::min(), std::int64_t{0},
                                      std::numeric_limits<std::int64_t>::max()}) {
        sink.item();
        sink.integer(number);
    }
    for (const double number :
         {0.0, -0.0, 1.0, 1e22, 5e-324, 0.1, std::numeric_limits<double>::infinity(),
          -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
        sink.item();
        sink.real64(number);
    }
    sink.item();
    sink.real32(0.1F);
    sink.end_array();
    CHECK(json == R"([-9223372036854775808,0,9223372036854775807,0.0,-0.0,1.0,1e+22,5e-324,0.1,"Infinity",)"
                  R"("-Infinity","NaN",0.1])");
}

TEST_CASE("structs, maps and arrays nest") {
    std::string json;
    JsonSink sink(json);
    sink.begin_struct();
    sink.field("a\"");
    sink.begin_array();
    sink.item();
    sink.begin_map();
    sink.end_map();
    sink.item();
    sink.null();
    sink.end_array();
    sink.field("b");
    sink.bytes("[");
    sink.field("c");
    sink.text("{");
    sink.field("d");
    sink.boolean(true);
    sink.end_struct();
    CHECK(json == R"({"a\"":[{},null],"b":"Ww==","c":"{","d":true})");
}

TEST_CASE("base64 has the vectors of RFC 4648") {
    CHECK(base64("") == "");
    CHECK(base64("f") == "Zg==");
    CHECK(base64("fo") == "Zm8=");
    CHECK(base64("foo") == "Zm9v");
    CHECK(base64("foob") == "Zm9vYg==");
    CHECK(base64("foobar") == "Zm9vYmFy");
    CHECK(base64("\xfb\xef\xbe\xff") == "++++/w==");
    CHECK(base64("\xfb\xef\xbe\xff", true) == "----_w==");
}

}  // namespace walferry::publish
