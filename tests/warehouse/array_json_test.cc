#include "warehouse/encoding/array_json.h"

#include <nlohmann/json.hpp>
#include <random>
#include <vector>

#include "model/pg_types.h"
#include "tests/support/catch.h"
#include "warehouse/encoding/encoding.h"

using namespace walferry;

namespace {

/// "refused", or the JSON. The buffer has exactly the room that is promised.
std::string encode(std::uint32_t element_oid, std::string_view text) {
    const ColumnEncoding encoding{Encoding::ArrayJson, Encoding::Text, element_oid};
    std::vector<char> buffer(encoded_bytes_max(encoding, text.size()));
    const char* end = encode_text(encoding, text, buffer.data());
    if (end == nullptr) return "refused";
    REQUIRE(end <= buffer.data() + buffer.size());
    return std::string(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
}

}  // namespace

TEST_CASE("an array's numbers and booleans are JSON's, with the digits that the source wrote") {
    CHECK(encode(pg_types::int8, "{-9223372036854775808,9007199254740993,NULL}") ==
          "[-9223372036854775808,9007199254740993,null]");
    CHECK(encode(pg_types::numeric, "{1.50,0.00,100000000000000000000000000000000.000000001,NaN,Infinity}") ==
          R"([1.50,0.00,100000000000000000000000000000000.000000001,"NaN","Infinity"])");
    CHECK(encode(pg_types::float8, "{1e-05,4.9e-324,-0,-Infinity}") == R"([1e-05,4.9e-324,-0,"-Infinity"])");
    CHECK(encode(pg_types::boolean, "{t,f,NULL}") == "[true,false,null]");
    CHECK(encode(pg_types::boolean, "{true}") == "refused");
}

TEST_CASE("an array's elements of json are themselves, and all else is a string") {
    CHECK(encode(pg_types::jsonb, R"({"{\"a\": 1.50}","null",NULL,"\"x\""})") ==
          R"([{"a": 1.50},null,null,"x"])");
    CHECK(encode(pg_types::text, R"({a,"a,b","c\"d\\",NULL,"NULL","","{}"})") ==
          R"(["a","a,b","c\"d\\",null,"NULL","","{}"])");
    CHECK(encode(pg_types::text, "{123,t}") == R"(["123","t"])");
    CHECK(encode(pg_types::timestamptz, "{\"2024-01-01 00:00:00+00\",infinity}") ==
          R"(["2024-01-01 00:00:00+00","infinity"])");
    CHECK(encode(603, "{(2,2),(1,1);(4,4),(3,3)}") == R"json(["(2,2),(1,1)","(4,4),(3,3)"])json");
}

TEST_CASE("an array's dimensions nest, and its lower bounds are lost") {
    CHECK(encode(pg_types::int4, "{}") == "[]");
    CHECK(encode(pg_types::int4, "{{1,2},{3,NULL}}") == "[[1,2],[3,null]]");
    CHECK(encode(pg_types::int4, "[0:2]={1,2,3}") == "[1,2,3]");
    CHECK(encode(pg_types::int4, "[-2:-1][3:3][1:1]={{{1}},{{2}}}") == "[[[1]],[[2]]]");
    for (const char* wrong : {"", "{", "1", "{{1,2},{3}}", "{1,2", "[0:1]={1}", "{1}x"})
        CHECK(encode(pg_types::int4, wrong) == "refused");
}

TEST_CASE("any texts in an array are read from its JSON as they were") {
    std::mt19937 random(3);
    for (int round = 0; round < 2'000; ++round) {
        std::string text = "{";
        std::vector<std::string> expected;
        for (auto count = random() % 4; count > 0; --count) {
            std::string element;
            for (auto length = random() % 5; length > 0; --length)
                element += static_cast<char>(1 + random() % 127);
            text += text.size() > 1 ? ",\"" : "\"";
            for (const char letter : element) {
                if (letter == '"' || letter == '\\') text += '\\';
                text += letter;
            }
            text += '"';
            expected.push_back(element);
        }
        text += '}';
        const std::string json = encode(pg_types::text, text);
        CAPTURE(json);
        REQUIRE(nlohmann::json::parse(json) == nlohmann::json(expected));
    }
    CHECK(encode(pg_types::text, std::string(1'000, '\x01').insert(0, "{") + "}").size() == 6'004);
}

TEST_CASE("for PostgreSQL the JSON of an array stands behind jsonb's version") {
    const ColumnEncoding encoding{Encoding::ArrayJsonb, Encoding::Text, pg_types::int4};
    char buffer[64];
    const char* end = encode_text(encoding, "{1}", buffer);
    REQUIRE(end != nullptr);
    CHECK(std::string(buffer, static_cast<std::size_t>(end - buffer)) == "\x01[1]");
}
