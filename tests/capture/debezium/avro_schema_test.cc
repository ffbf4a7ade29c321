#include <fmt/format.h>

#include "capture/debezium/avro_connect_type.h"
#include "capture/debezium/column_form.h"
#include "model/avro_name.h"
#include "tests/support/catch.h"
#include "tests/support/must.h"

using namespace walferry;
using namespace walferry::debezium;
using walferry::testing::must;

namespace {

/// The type of a column whose field has this Avro type.
std::string column_type(const std::string& avro) {
    const AvroSchema schema = must(AvroSchema::parse({avro}));
    return form_of(must(connect_type_of(schema.root()))).type.sql;
}

/// Why there is no Connect schema of it.
std::string refusal_of(const std::string& avro) {
    const auto schema = AvroSchema::parse({avro});
    if (schema.has_error()) {
        CHECK(schema.error().kind == ErrorKind::Data);
        return schema.error().message;
    }
    const auto type = connect_type_of(schema.value().root());
    if (!type.has_error()) return "none";
    CHECK(type.error().kind == ErrorKind::Data);
    return type.error().message;
}

std::string nested_arrays(int depth, const std::string& inner) {
    std::string text = inner;
    for (int i = 0; i < depth; ++i) text = R"({"type":"array","items":)" + text + "}";
    return text;
}

}  // namespace

TEST_CASE("an Avro schema says of which type a column is") {
    const std::pair<const char*, const char*> types[] = {
        {R"("boolean")", "boolean"},
        {R"("int")", "integer"},
        {R"({"type":"int","connect.type":"int16"})", "smallint"},
        {R"(["null","long"])", "bigint"},
        {R"(["long","null"])", "bigint"},
        {R"("float")", "real"},
        {R"("double")", "double precision"},
        {R"("string")", "text"},
        {R"({"type":{"type":"string"}})", "text"},
        {R"("bytes")", "bytea"},
        {R"({"type":"fixed","name":"f","size":4})", "bytea"},
        {R"({"type":"enum","name":"e","symbols":["a"]})", "text"},
        {R"({"type":"array","items":["null","int"]})", "integer[]"},
        {R"({"type":"map","values":"string"})", "json"},
        {R"({"type":"int","logicalType":"date"})", "date"},
        {R"({"type":"int","logicalType":"time-millis"})", "time without time zone"},
        {R"({"type":"long","logicalType":"timestamp-millis"})", "timestamp without time zone"},
        {R"({"type":"long","logicalType":"timestamp-micros"})", "timestamp without time zone"},
        {R"({"type":"string","logicalType":"uuid"})", "uuid"},
        {R"({"type":"bytes","logicalType":"decimal","scale":2,"precision":10})", "numeric(10,2)"},
        {R"({"type":"fixed","name":"d","size":4,"logicalType":"decimal","scale":1,"precision":5})",
         "numeric(5,1)"},
        {R"({"type":"bytes","scale":2,"precision":64,"connect.parameters":{"scale":"2"},
             "connect.name":"org.apache.kafka.connect.data.Decimal","logicalType":"decimal"})",
         "numeric(19,2)"},
        {R"({"type":"long","connect.version":1,"connect.name":"io.debezium.time.MicroTime"})",
         "time without time zone"},
        {R"({"type":"bytes","connect.parameters":{"length":"9"},"connect.name":"io.debezium.data.Bits"})",
         "bit(9)"},
        {R"({"type":"string","connect.default":"x","connect.name":"io.debezium.time.ZonedTimestamp"})",
         "timestamp with time zone"}};
    for (const auto& [avro, sql] : types) {
        INFO(avro);
        CHECK(column_type(avro) == sql);
    }
}

TEST_CASE("types are found by their names, in their namespace and in other schemas") {
    const std::string text =
        R"({"type":"record","name":"R","namespace":"a.b","fields":[)"
        R"({"name":"one","type":{"type":"fixed","name":"F","size":2}},{"name":"two","type":"F"},)"
        R"({"name":"three","type":["null","a.b.F"]},{"name":"four","type":"other.G"},)"
        R"({"name":"five","type":{"type":"enum","name":"c.E","symbols":["x"]}}]})";
    const AvroSchema schema =
        must(AvroSchema::parse({text, {R"({"type":"record","name":"other.G","fields":[]})"}}));
    const auto& fields = schema.root().fields;
    REQUIRE(fields.size() == 5);
    CHECK(fields[0].type == fields[1].type);
    CHECK(fields[2].type->branches[1] == fields[0].type);
    CHECK(fields[3].type->kind == AvroKind::Record);
    CHECK(AvroSchema::parse({text}).has_error());
}

TEST_CASE("a schema that nothing can be read by is refused with the reason") {
    const std::pair<std::string, const char*> schemas[] = {
        {"", "EMPTY"},
        {"{", "JSON"},
        {"7", "neither a name nor an object nor a union"},
        {R"("strin")", "there is no type 'strin'"},
        {R"({"name":"x"})", "a type without \"type\""},
        {R"([])", "a union of nothing"},
        {R"(["int",["null","long"]])", "a union in a union"},
        {R"(["int","string"])", "a union of several types"},
        {R"({"type":"record","fields":[]})", "without name"},
        {R"({"type":"record","name":"r"})", "without fields"},
        {R"({"type":"record","name":"r","fields":[{"name":"a"}]})", "no object with a type"},
        {R"({"type":"record","name":"r","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]})",
         "the field 'a' twice"},
        {R"([{"type":"fixed","name":"f","size":1},{"type":"fixed","name":"f","size":2}])",
         "defines 'f' twice"},
        {R"({"type":"fixed","name":"f"})", "without a size"},
        {R"({"type":"fixed","name":"f","size":-1})", "without a size"},
        {R"({"type":"enum","name":"e"})", "without symbols"},
        {R"({"type":"array"})", "without the type of what is in it"},
        {R"({"type":"record","name":"r","fields":[{"name":"a","type":["null","r"]}]})", "nested too deeply"},
        {nested_arrays(100, R"("int")"), "nested too deeply"}};
    for (const auto& [avro, reason] : schemas) {
        INFO(avro.substr(0, 200));
        const std::string said = refusal_of(avro);
        INFO(said);
        CHECK((said.find(reason) != std::string::npos || reason == std::string("EMPTY") ||
               reason == std::string("JSON")));
        CHECK(said != "none");
    }
}

TEST_CASE("a schema that would grow without end is refused") {
    std::string text = R"({"type":"record","name":"r0","fields":[{"name":"a","type":"int"}]})";
    for (int level = 1; level <= 10; ++level) {
        std::string fields;
        for (int i = 0; i < 10; ++i)
            fields += fmt::format(R"({}{{"name":"f{}","type":{}}})", i == 0 ? "" : ",", i,
                                  i == 0 ? text : fmt::format("\"r{}\"", level - 1));
        text = fmt::format(R"({{"type":"record","name":"r{}","fields":[{}]}})", level, fields);
    }
    CHECK(refusal_of(text).find("too many types") != std::string::npos);
}

TEST_CASE("names become Avro's as Debezium mangles them") {
    const std::pair<const char*, const char*> names[] = {{"plain_1", "plain_1"},
                                                         {"with space", "with_space"},
                                                         {"1st", "_1st"},
                                                         {"漢字", "__"},
                                                         {"😀", "__"},
                                                         {"q\"uote", "q_uote"},
                                                         {"", ""}};
    for (const auto& [name, avro] : names) CHECK(avro_name(name) == avro);
    CHECK(avro_full_name("my-shop.1st schema.t.Value") == "my_shop._1st_schema.t.Value");
}
