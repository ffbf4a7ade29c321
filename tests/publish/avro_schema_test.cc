#include "publish/avro_schema.h"

#include <nlohmann/json.hpp>

#include "model/pg_types.h"
#include "publish/envelope.h"
#include "publish/table_encoder.h"
#include "tests/publish/made_columns.h"
#include "tests/support/catch.h"

namespace walferry::publish {
namespace {

using AvroJson = nlohmann::json;

AvroJson avro_json(const ConnectSchema& schema) {
    const auto text = avro_schema_text(schema);
    REQUIRE(text);
    return AvroJson::parse(text.value());
}

ConnectSchema record(const std::string& name, std::vector<std::pair<std::string, ConnectSchema>> fields) {
    ConnectSchema schema = plain_schema(ConnectType::Struct);
    schema.name = name;
    schema.fields = std::move(fields);
    return schema;
}

/// Refuses at first.
class Registrar final : public SchemaRegistrar {
 public:
    Result<std::int32_t> id_of(const std::string& subject, const std::string&) override {
        if (out_of_reach) return Error{ErrorKind::Connection, "out of reach", "", ""};
        subjects.push_back(subject);
        return 258;
    }

    bool out_of_reach = true;
    std::vector<std::string> subjects;
};

PublishedTable keyed_table() {
    PublishedTable table;
    table.name = {"public", "item"};
    table.columns = {column_of(pg_types::int4), column_of(pg_types::text)};
    table.columns[0].name = "id";
    table.columns[0].not_null = true;
    table.columns[1].name = "v";
    table.key = {0};
    table.in_identity = {true, false};
    return table;
}

}  // namespace

TEST_CASE("a schema is written as AvroData writes it") {
    ConnectSchema decimal = plain_schema(ConnectType::Bytes, true);
    decimal.name = "org.apache.kafka.connect.data.Decimal";
    decimal.version = 1;
    decimal.parameters = {{"scale", "2"}, {"connect.decimal.precision", "10"}};
    decimal.default_json = "\"AP8=\"";
    ConnectSchema small = plain_schema(ConnectType::Int16);
    small.default_json = "7";
    CHECK(avro_json(
              record("shop.public.item.Value",
                     {{"price", decimal}, {"n", small}, {"t", plain_schema(ConnectType::String, true)}})) ==
          AvroJson::parse(R"({"type":"record","name":"Value","namespace":"shop.public.item","fields":[
            {"name":"price","type":[{"type":"bytes","scale":2,"precision":10,"connect.version":1,
             "connect.parameters":{"scale":"2","connect.decimal.precision":"10"},"connect.default":"\u0000\u00ff",
             "connect.name":"org.apache.kafka.connect.data.Decimal","logicalType":"decimal"},"null"],
             "default":"\u0000\u00ff"},
            {"name":"n","type":{"type":"int","connect.default":7,"connect.type":"int16"},"default":7},
            {"name":"t","type":["null","string"],"default":null}],
            "connect.name":"shop.public.item.Value"})"));
}

TEST_CASE("a record is spelt out once, and is a name from then on") {
    const ConnectSchema point = record("geo.Point", {{"x", plain_schema(ConnectType::Float64)}});
    ConnectSchema maybe = point;
    maybe.optional = true;
    const AvroJson schema = avro_json(record("a.B", {{"one", point}, {"two", maybe}}));
    CHECK(schema["fields"][0]["type"]["name"] == "Point");
    CHECK(schema["fields"][1]["type"] == AvroJson::parse(R"(["null","geo.Point"])"));
    ConnectSchema other = point;
    other.fields[0].first = "y";
    const auto clash = avro_schema_text(record("a.B", {{"one", point}, {"two", other}}));
    CHECK(clash.error().message == "two schemas are called geo.Point in Avro");
}

TEST_CASE("a mangled column says its true name") {
    const ConnectSchema point = record("geo.Point", {});
    const AvroJson schema =
        avro_json(record("my-shop.1.t.Value", {{"a b", plain_schema(ConnectType::Int32)}, {"c.d", point}}));
    CHECK(schema["namespace"] == "my_shop._1.t");
    CHECK(schema["connect.name"] == "my_shop._1.t.Value");
    CHECK(schema["fields"][0]["name"] == "a_b");
    CHECK(schema["fields"][0]["type"]["connect.parameters"]["__debezium.source.column.name"] == "a b");
    CHECK(schema["fields"][1]["name"] == "c_d");
    CHECK(schema["fields"][1]["__debezium.source.column.name"] == "c.d");
    CHECK(schema["fields"][1]["type"].contains("connect.parameters") == false);
}

TEST_CASE("what Avro has no word for is left to Connect's") {
    ConnectSchema decimal = plain_schema(ConnectType::Bytes);
    decimal.name = "org.apache.kafka.connect.data.Decimal";
    decimal.parameters = {{"scale", "2046"}, {"connect.decimal.precision", "3"}};
    CHECK_FALSE(avro_json(decimal).contains("logicalType"));
    ConnectSchema real = plain_schema(ConnectType::Float64, true);
    real.default_json = "\"NaN\"";
    CHECK(avro_json(record("a.B", {{"f", real}}))["fields"][0] ==
          AvroJson::parse(R"({"name":"f","type":["null","double"],"default":null})"));
    CHECK(avro_shape(real).null_branch == 0);
}

TEST_CASE("a table's schemas are registered with its first event, again after an error, and once") {
    Registrar registrar;
    EnvelopeSettings settings;
    settings.topic_prefix = "shop";
    settings.format = RecordFormat::Avro;
    settings.registrar = &registrar;
    TableEncoder encoder(keyed_table(), settings);
    RecordBatch batch;
    const std::vector<ColumnValue> row{{ValueKind::Text, "1"}, {ValueKind::Text, "x"}};
    const auto refused = encoder.append_read(row, {}, batch);
    REQUIRE(refused.has_error());
    CHECK(refused.error().kind == ErrorKind::Connection);
    CHECK(batch.size() == 0);
    registrar.out_of_reach = false;
    for (int time = 0; time < 3; ++time) REQUIRE(encoder.append_read(row, {}, batch).has_value());
    CHECK(registrar.subjects == std::vector<std::string>{"shop.public.item-key", "shop.public.item-value"});
    CHECK(batch[2].key == std::string("\0\0\0\1\2\2", 6));
    CHECK(batch[2].value->substr(0, 9) == std::string("\0\0\0\1\2\0\2\2\2", 9));
}

TEST_CASE("a change of the key has JSON in its headers, in Avro as well") {
    Registrar registrar;
    registrar.out_of_reach = false;
    EnvelopeSettings settings;
    settings.topic_prefix = "shop";
    settings.format = RecordFormat::Avro;
    settings.registrar = &registrar;
    TableEncoder encoder(keyed_table(), settings);
    RecordBatch batch;
    const std::vector<ColumnValue> before{{ValueKind::Text, "1"}, {}},
        after{{ValueKind::Text, "2"}, {ValueKind::Text, "x"}};
    ChangeEvent change;
    change.kind = ChangeKind::Update;
    change.before = before;
    change.after = after;
    REQUIRE(encoder.append_change(change, {}, nullptr, batch).has_value());
    REQUIRE(batch.size() == 3);
    CHECK(batch[0].key == std::string("\0\0\0\1\2\2", 6));
    CHECK(batch[0].other_key == R"({"id":2})");
    CHECK_FALSE(batch[1].value);
    CHECK(batch[2].key == std::string("\0\0\0\1\2\4", 6));
    CHECK(batch[2].other_key == R"({"id":1})");
}

}  // namespace walferry::publish
