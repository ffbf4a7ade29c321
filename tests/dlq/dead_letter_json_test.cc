#include "dlq/dead_letter_json.h"

#include <nlohmann/json.hpp>

#include "model/pg_types.h"
#include "tests/support/catch.h"

using namespace walferry;

namespace {

Relation orders() {
    Relation relation;
    for (const char* name : {"id", "note", "blob", "total"})
        relation.columns.push_back({name, 25, -1, false});
    return relation;
}

ColumnValue text(std::string_view bytes) {
    return {ValueKind::Text, bytes};
}

}  // namespace

TEST_CASE("a row's JSON has its columns in order, values as exact text, NULL as null") {
    const ColumnValue row[] = {
        text("00123456789012345678901234567890.50"), {ValueKind::Null, {}}, text(""), text("a\"b\\c\n\t")};
    CHECK(row_json(orders(), row) ==
          R"({"id":"00123456789012345678901234567890.50","note":null,"blob":"","total":"a\"b\\c\n\t"})");
}

TEST_CASE("a column that the stream did not carry is absent from the row's JSON, and NULL is not") {
    const ColumnValue row[] = {text("1"), {ValueKind::UnchangedToast, {}}, {ValueKind::Null, {}}, text("2")};
    CHECK(row_json(orders(), row) == R"({"id":"1","blob":null,"total":"2"})");
}

TEST_CASE("a key's JSON has its columns in the key's order") {
    const ColumnValue row[] = {text("1"), text("n"), text("b"), text("t")};
    const std::uint16_t key[] = {3, 0};
    CHECK(row_json(orders(), row, key) == R"({"total":"t","id":"1"})");
}

TEST_CASE("bytes that are no UTF-8 do not spoil the JSON, and binary values are hexadecimal") {
    const ColumnValue row[] = {text("ok \xff\xc3 end"), {ValueKind::Binary, std::string_view("\0\xab", 2)}};
    const auto json = nlohmann::json::parse(row_json(orders(), row));
    CHECK(json["id"] == "ok \uFFFD\uFFFD end");
    CHECK(json["note"] == "\\x00ab");
}

TEST_CASE("a row's JSON is read back as the stream carried it, whatever the types") {
    const NamedTexts values = {
        {"id", "-9223372036854775808"}, {"näme", std::nullopt}, {"a\"b", "x\ny \u2028 \u00e4"}, {"on", "f"}};
    Relation relation;
    std::vector<ColumnValue> row;
    const std::uint32_t types[] = {pg_types::int8, pg_types::text, pg_types::text, pg_types::boolean};
    for (const auto& [name, value] : values) {
        relation.columns.push_back({name, types[row.size()], -1, false});
        row.push_back(value ? text(*value) : ColumnValue{});
    }
    const std::string json = row_json(relation, row);
    CHECK(json == "{\"id\":-9223372036854775808,\"näme\":null,\"a\\\"b\":\"x\\ny \u2028 ä\",\"on\":false}");
    const auto read = parse_row_json(json);
    REQUIRE(read);
    CHECK(read.value() == values);
    const std::string older = row_json_of_texts(json);
    CHECK(older.find(R"("id":"-9223372036854775808")") != std::string::npos);
    CHECK(older.find(R"("on":"f")") != std::string::npos);
    CHECK(parse_row_json(older).value() == values);
}

TEST_CASE("a letter written by hand may hold other JSON; what is no object is refused") {
    const auto read = parse_row_json(R"({"id": 5, "on": true, "list": [1, 2]})");
    REQUIRE(read);
    CHECK(read.value() == NamedTexts{{"id", "5"}, {"on", "t"}, {"list", "[1,2]"}});
    for (const char* wrong : {"", "{", "[]", "5", "null", "{\"a\":1} x"}) {
        const auto refused = parse_row_json(wrong);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().kind == ErrorKind::Data);
    }
}

TEST_CASE("text for the warehouse is UTF-8 without NUL") {
    CHECK(storable_text(std::string_view("a\0b\xff", 4)) == "ab\uFFFD");
    CHECK(storable_text("ä'\"\\") == "ä'\"\\");
}
