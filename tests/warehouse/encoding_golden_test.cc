#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "model/pg_types.h"
#include "tests/support/catch.h"
#include "warehouse/encoding/encoding.h"

using namespace walferry;

namespace {

const std::map<std::string, ColumnEncoding> encodings = {
    {"bool", {Encoding::Bool}},
    {"int2", {Encoding::Int2}},
    {"int4", {Encoding::Int4}},
    {"int8", {Encoding::Int8}},
    {"oid", {Encoding::Oid}},
    {"float4", {Encoding::Float4}},
    {"float8", {Encoding::Float8}},
    {"numeric", {Encoding::Numeric}},
    {"money", {Encoding::Money}},
    {"bytea", {Encoding::Bytea}},
    {"date", {Encoding::Date}},
    {"time", {Encoding::Time}},
    {"timetz", {Encoding::TimeTz}},
    {"timestamp", {Encoding::Timestamp}},
    {"interval", {Encoding::Interval}},
    {"uuid", {Encoding::Uuid}},
    {"jsonb", {Encoding::Jsonb}},
    {"array:bool", {Encoding::Array, Encoding::Bool, pg_types::boolean}},
    {"array:int4", {Encoding::Array, Encoding::Int4, pg_types::int4}},
    {"array:text", {Encoding::Array, Encoding::Text, pg_types::text}},
    {"array:bytea", {Encoding::Array, Encoding::Bytea, pg_types::bytea}},
    {"array:float8", {Encoding::Array, Encoding::Float8, pg_types::float8}},
    {"array:interval", {Encoding::Array, Encoding::Interval, pg_types::interval}},
    {"array:jsonb", {Encoding::Array, Encoding::Jsonb, pg_types::jsonb}},
    {"array:money", {Encoding::Array, Encoding::Money, pg_types::money}},
    {"array:numeric", {Encoding::Array, Encoding::Numeric, pg_types::numeric}},
    {"array:timestamp", {Encoding::Array, Encoding::Timestamp, pg_types::timestamp}},
    {"array:uuid", {Encoding::Array, Encoding::Uuid, pg_types::uuid}},
};

std::string hex(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
        text += digits[static_cast<std::uint8_t>(byte) >> 4];
        text += digits[static_cast<std::uint8_t>(byte) & 15];
    }
    return text;
}

}  // namespace

TEST_CASE("every encoding writes the bytes that PostgreSQL's send function writes") {
    std::ifstream file(WALFERRY_TEST_DATA "/encoding_golden.tsv");
    REQUIRE(file);
    std::string line;
    std::size_t lines = 0;
    while (std::getline(file, line)) {
        if (line.starts_with('#')) continue;
        CAPTURE(line);
        const std::size_t first = line.find('\t');
        const std::size_t last = line.rfind('\t');
        REQUIRE(first < last);
        const ColumnEncoding& encoding = encodings.at(line.substr(0, first));
        const std::string text = line.substr(first + 1, last - first - 1);
        std::vector<char> buffer(encoded_bytes_max(encoding, text.size()));
        const char* end = encode_text(encoding, text, buffer.data());
        REQUIRE(end != nullptr);
        REQUIRE(end <= buffer.data() + buffer.size());
        REQUIRE(hex({buffer.data(), static_cast<std::size_t>(end - buffer.data())}) == line.substr(last + 1));
        ++lines;
    }
    CHECK(lines > 700);
}
