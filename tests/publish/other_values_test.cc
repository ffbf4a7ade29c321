#include <nlohmann/json.hpp>
#include <random>

#include "model/pg_types.h"
#include "tests/publish/made_columns.h"
#include "tests/support/catch.h"

namespace walferry::publish {
namespace {

PublishedColumn extension_type(const std::string& name) {
    PublishedColumn column = column_of(99999);
    column.type.name = name;
    return column;
}

std::string json_of_bytes(const PublishedColumn& column, std::string_view bytes,
                          const ValueOptions& options = {}) {
    const TypePlan plan = plan_type(column, options);
    std::string json;
    JsonSink sink(json);
    return plan.from_binary(plan.format, bytes, sink) == Carried::Whole ? json : "no value";
}

constexpr std::uint32_t bit_oid = 1560;
constexpr std::uint32_t varbit_oid = 1562;

}  // namespace

TEST_CASE("bits are little-endian up to the highest that is set") {
    CHECK(json_of(column_of(bit_oid, 1), "1") == "true");
    CHECK(json_of(column_of(bit_oid, 9), "100000000") == R"("AAE=")");
    CHECK(json_of(column_of(bit_oid, 9), "000000000") == R"("")");
    CHECK(json_of(column_of(varbit_oid), "1010101010101") == R"("VRU=")");
    CHECK(json_of(column_of(varbit_oid), "") == R"("")");
    CHECK(json_of(column_of(varbit_oid, 1), "") == "not carried");
    CHECK(json_of(column_of(varbit_oid), "12") == "invalid");
    CHECK(plan_type(column_of(varbit_oid), {}).schema.parameters[0].second == "2147483647");
    ValueOptions exact;
    exact.fidelity = Fidelity::Exact;
    CHECK(json_of(column_of(varbit_oid), "0010", exact) == R"("0010")");
    CHECK(json_of(column_of(bit_oid, 2), "10", exact) == R"("Ag==")");
}

TEST_CASE("arrays have quotes, NULL and bounds; other dimensions are not carried") {
    const PublishedColumn texts = array_of(pg_types::text);
    CHECK(json_of(texts, R"({a,NULL,"","NULL","q\"q","b\\b","c,d","{}",é})") ==
          R"(["a",null,"","NULL","q\"q","b\\b","c,d","{}","é"])");
    CHECK(json_of(texts, "{}") == "[]");
    CHECK(json_of(texts, "[0:1]={a,b}") == R"(["a","b"])");
    CHECK(json_of(texts, "{{a,b},{c,d}}") == "not carried");
    CHECK(json_of(texts, "{a") == "invalid");
    CHECK(json_of(array_of(pg_types::int4), "{1,x}") == "invalid");
    CHECK(json_of(array_of(pg_types::numeric), "{1.10,NaN,NULL}") ==
          R"([{"scale":1,"value":"Cw=="},null,null])");
    CHECK(json_of(array_of(pg_types::timestamp), "{\"294276-12-31 00:00:00\"}") == "out of range");
    CHECK(json_of(array_of(bit_oid, 3), "{101,NULL}") == R"(["BQ==",null])");
    CHECK(json_of(array_of(pg_types::money), "{$1.10}") == R"("{$1.10}")");
    ValueOptions exact;
    exact.fidelity = Fidelity::Exact;
    CHECK(json_of(texts, "{{a,b},{c,d}}", exact) == R"("{{a,b},{c,d}}")");
    CHECK(plan_type(texts, exact).schema.name == "io.walferry.Text");
    CHECK(plan_type(array_of(pg_types::money), exact).schema.name == "");
}

TEST_CASE("bytea follows binary.handling.mode, from text and from binary form") {
    const PublishedColumn bytea = column_of(pg_types::bytea);
    ValueOptions options;
    const auto both = [&] {
        std::string json = json_of(bytea, "\\xfbefbe00", options);
        CHECK(json == json_of_bytes(bytea, {"\xfb\xef\xbe\0", 4}, options));
        return json;
    };
    CHECK(both() == R"("++++AA==")");
    options.binary = BinaryMode::Base64;
    CHECK(both() == R"("++++AA==")");
    CHECK(plan_type(bytea, options).schema.type == ConnectType::String);
    options.binary = BinaryMode::Base64UrlSafe;
    CHECK(both() == R"("----AA==")");
    options.binary = BinaryMode::Hex;
    CHECK(both() == R"("fbefbe00")");
    CHECK(json_of(bytea, "\\x0") == "invalid");
    CHECK(json_of(bytea, "\\x0g") == "invalid");
    CHECK(json_of(bytea, "escape\\000") == "invalid");
}

TEST_CASE("hstore is JSON or a map") {
    const PublishedColumn hstore = extension_type("hstore");
    ValueOptions map;
    map.hstore = HstoreMode::Map;
    const char* text = R"("a"=>NULL, "k y"=>"v\"q", "z"=>"a\\b")";
    CHECK(json_of(hstore, text) == R"("{\"a\":null,\"k y\":\"v\\\"q\",\"z\":\"a\\\\b\"}")");
    CHECK(json_of(hstore, text, map) == R"({"a":null,"k y":"v\"q","z":"a\\b"})");
    CHECK(json_of(hstore, "") == R"("{}")");
    for (const char* wrong : {"a", R"("a")", R"("a"=>)", R"("a"=>"b)", R"("a"=>"b","c"=>"d")"})
        CHECK(json_of(hstore, wrong) == "invalid");
}

TEST_CASE("types that Debezium does not know are text, or bytes where that is asked for") {
    const PublishedColumn lsn = column_of(3220);
    ValueOptions options;
    CHECK(json_of(lsn, "16/B374D848") == R"("16/B374D848")");
    options.include_unknown = true;
    CHECK(json_of(lsn, "16/B374D848", options) == R"("MTYvQjM3NEQ4NDg=")");
    options.binary = BinaryMode::Hex;
    CHECK(json_of(lsn, "16/", options) == R"("31362f")");
}

TEST_CASE("whatever bytes a value has, what is written is JSON, or it is refused") {
    const std::vector<std::string> texts{"-123.450",
                                         "NaN",
                                         "\\x00ff",
                                         "0044-03-15 12:34:56.123456+05:30:15 BC",
                                         "2024-02-29",
                                         "24:00:00.5-15:59",
                                         "-1 years +2 mons -3 days +04:05:06.789",
                                         "99999999999999999999:00:00",
                                         "[0:1]={\"a\\\"b\",NULL}",
                                         "{{1,2},{3,4}}",
                                         "\"a\"=>\"b\", \"c\"=>NULL",
                                         "<(1,2),3>",
                                         "((1,2),(3,4))",
                                         "101010",
                                         "-$1,234.56",
                                         std::string(300, '9')};
    std::vector<PublishedColumn> columns{extension_type("hstore"), column_of(bit_oid, 3),
                                         column_of(varbit_oid)};
    for (std::uint32_t oid = 16; oid < 4000; ++oid) {
        columns.push_back(column_of(oid));
        columns.push_back(array_of(oid));
    }
    columns.push_back(column_of(pg_types::numeric, numeric_modifier(10, 2)));
    columns.push_back(column_of(pg_types::numeric, numeric_modifier(3, -2)));
    std::mt19937 random(1);  // NOLINT: the same texts each time
    for (const PublishedColumn& column : columns) {
        const TypePlan plan = plan_type(column, {});
        if (plan.from_text == write_text && plan.from_binary == nullptr) continue;  // all text is right
        for (const std::string& text : texts) {
            std::string broken = text.substr(0, random() % (text.size() + 1));
            if (!broken.empty() && random() % 2 == 0)
                broken[random() % broken.size()] = static_cast<char>(random() % 128);
            for (const std::string& bytes : {text, broken}) {
                const std::string json = json_of(column, bytes);
                const bool refused = json == "invalid" || json == "not carried" || json == "out of range";
                if (!refused) REQUIRE_NOTHROW(nlohmann::json::parse(json));
                if (plan.from_binary == nullptr) continue;
                const std::string from_binary = json_of_bytes(column, bytes);
                if (from_binary != "no value") REQUIRE_NOTHROW(nlohmann::json::parse(from_binary));
            }
        }
    }
}

TEST_CASE("binary forms of text, uuid, jsonb and booleans") {
    CHECK(json_of_bytes(column_of(pg_types::text), "é\n") == "\"é\\n\"");
    CHECK(json_of_bytes(column_of(pg_types::uuid),
                        {"\xa0\xee\xbc\x99\x9c\x0b\x4e\xf8\xbb\x6d\x6b\xb9\xbd\x38\x0a\x11", 16}) ==
          R"("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")");
    CHECK(json_of_bytes(column_of(pg_types::jsonb), "\1{}") == R"("{}")");
    CHECK(json_of_bytes(column_of(pg_types::jsonb), "{}") == "no value");
    CHECK(json_of_bytes(column_of(pg_types::boolean), "\1") == "true");
    CHECK(json_of_bytes(column_of(pg_types::int2), "\xff\xfe") == "-2");
    CHECK(json_of_bytes(column_of(pg_types::int4), "\xff") == "no value");
    CHECK(json_of_bytes(column_of(pg_types::oid), "\xff\xff\xff\xff") == "4294967295");
    CHECK(json_of_bytes(column_of(pg_types::float8), {"\x3f\xf8\0\0\0\0\0\0", 8}) == "1.5");
    CHECK(plan_type(column_of(142), {}).from_binary == nullptr);  // xml_send adds a declaration
}

}  // namespace walferry::publish
