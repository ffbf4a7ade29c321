#include <fmt/format.h>

#include <cstring>

#include "capture/debezium/avro_reader.h"
#include "tests/capture/debezium/avro_test_schemas.h"
#include "tests/capture/debezium/event_texts.h"
#include "tests/support/catch.h"
#include "tests/support/must.h"

using namespace walferry;
using namespace walferry::debezium;
using walferry::testing::GivenSchemas;
using walferry::testing::must;
using walferry::testing::tell;
using walferry::testing::with_id;

namespace {

std::string avro_num(std::int64_t value) {
    auto zigzag = static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
    std::string bytes;
    for (; zigzag >= 0x80; zigzag >>= 7) bytes += static_cast<char>(zigzag | 0x80);
    return bytes + static_cast<char>(zigzag);
}

std::string avro_str(std::string_view text) {
    return avro_num(static_cast<std::int64_t>(text.size())) + std::string(text);
}

const std::string avro_null = avro_num(0);

/// Of a union with null.
std::string avro_some(const std::string& value) {
    return avro_num(1) + value;
}

std::string row_schema(const std::string& fields) {
    return R"({"type":"record","name":"Value","namespace":"shop.public.item","fields":[)" + fields + "]}";
}

std::string envelope_schema(const std::string& row_fields) {
    return R"({"type":"record","name":"Envelope","namespace":"shop.public.item","fields":[)"
           R"({"name":"before","type":["null",)" +
           row_schema(row_fields) +
           R"(]},{"name":"after","type":["null","Value"]},)"
           R"({"name":"source","type":{"type":"record","name":"Source","fields":[)"
           R"({"name":"connector","type":"string"},{"name":"lsn","type":["null","long"]},)"
           R"({"name":"schema","type":"string"},{"name":"table","type":"string"}]}},)"
           R"({"name":"op","type":"string"},{"name":"ts_ms","type":["null","long"]}]})";
}

std::string key_schema(const std::string& fields) {
    return R"({"type":"record","name":"Key","namespace":"shop.public.item","fields":[)" + fields + "]}";
}

/// An event of public.item; images as unions.
std::string avro_event(const std::string& before, const std::string& after, const std::string& op) {
    return before + after + avro_str("postgresql") + avro_some(avro_num(4711)) + avro_str("public") +
           avro_str("item") + avro_str(op) + avro_some(avro_num(1000));
}

constexpr const char* id_field = R"({"name":"id","type":"int"})";
constexpr const char* name_field = R"({"name":"name","type":["null","string"]})";

struct AvroReading {
    explicit AvroReading(const std::string& row, const std::string& key = id_field, bool flattened = false) {
        schemas.schemas[1] = {key_schema(key)};
        schemas.schemas[2] = {flattened ? row_schema(row) : envelope_schema(row)};
        options.format = RecordFormat::Avro;
        options.flattened = flattened;
        reader.emplace(options, TableKnowledge{}, &schemas);
    }

    Result<Event> read(const std::optional<std::string>& key, const std::optional<std::string>& value,
                       std::int32_t id = 2) {
        key_bytes = key ? with_id(1, *key) : "";
        value_bytes = value ? with_id(id, *value) : "";
        KafkaRecord record;
        record.topic = "shop.public.item";
        if (key) record.key = key_bytes;
        if (value) record.value = value_bytes;
        record.headers = headers;
        return reader->read(record);
    }
    std::string told(const std::optional<std::string>& key, const std::optional<std::string>& value,
                     std::int32_t id = 2) {
        return tell(read(key, value, id));
    }

    GivenSchemas schemas;
    Options options;
    std::optional<EventReader> reader;
    std::string key_bytes, value_bytes;
    std::vector<KafkaHeader> headers;
};

std::string both_fields(const char* one, const char* other) {
    return std::string(one) + "," + other;
}

}  // namespace

TEST_CASE("an event in Avro is read by the schemas that it names") {
    AvroReading reading(both_fields(id_field, name_field));
    CHECK(reading.told(avro_num(1), avro_event(avro_null, avro_some(avro_num(1) + avro_some(avro_str("x"))),
                                               "c")) == "c {id=1 name=x}");
    CHECK(reading.told(avro_num(1), avro_event(avro_null, avro_some(avro_num(1) + avro_null), "u")) ==
          "u {id=1 name=NULL}");
    CHECK(reading.told(avro_num(1), avro_event(avro_some(avro_num(1) + avro_null), avro_null, "d")) ==
          "d key {id=1 name=NULL}");
    CHECK(reading.told(avro_num(1), std::nullopt) == "tombstone");
    CHECK(reading.schemas.asked == 2);
}

TEST_CASE("a schema that changes on the way is followed, back as well") {
    AvroReading reading(both_fields(id_field, name_field));
    reading.schemas.schemas[3] = {
        envelope_schema(both_fields(id_field, R"({"name":"price","type":"double"})"))};
    double price = 1.5;
    std::string bytes(sizeof price, '\0');
    std::memcpy(bytes.data(), &price, sizeof price);
    for (int time = 0; time < 2; ++time) {
        CHECK(reading.told(avro_num(1), avro_event(avro_null, avro_some(avro_num(1) + avro_null), "c")) ==
              "c {id=1 name=NULL}");
        CHECK(reading.told(avro_num(1), avro_event(avro_null, avro_some(avro_num(1) + bytes), "c"), 3) ==
              "c {id=1 price=1.5}");
    }
    CHECK(reading.schemas.asked == 3);
}

TEST_CASE("an unknown schema is this record's trouble, and a registry out of reach is nobody's") {
    AvroReading reading(both_fields(id_field, name_field));
    const std::string value = avro_event(avro_null, avro_some(avro_num(1) + avro_null), "c");
    CHECK(reading.read(avro_num(1), value, 9).error().kind == ErrorKind::Data);
    reading.schemas.out_of_reach = true;
    CHECK(reading.read(avro_num(1), value).error().kind == ErrorKind::Connection);
    reading.schemas.out_of_reach = false;
    CHECK(reading.told(avro_num(1), value) == "c {id=1 name=NULL}");
    // The key's schema alone.
    AvroReading other(both_fields(id_field, name_field));
    const auto key = other.schemas.schemas.extract(1);
    CHECK(other.read(avro_num(1), value).error().kind == ErrorKind::Data);
    other.schemas.schemas[1] = key.mapped();
    CHECK(other.told(avro_num(1), value) == "c {id=1 name=NULL}");
}

TEST_CASE("what is not in the wire format, or goes on behind its end, is refused") {
    AvroReading reading(both_fields(id_field, name_field));
    const std::string value = avro_event(avro_null, avro_some(avro_num(1) + avro_null), "c");
    KafkaRecord record;
    record.topic = "shop.public.item";
    for (const char* bytes : {"", "{\"a\":1}", "ab"}) {
        record.value = bytes;
        const auto read = reading.reader->read(record);
        REQUIRE(read.has_error());
        CHECK(read.error().kind == ErrorKind::Data);
        CHECK(read.error().message.find("no Avro in Confluent's wire format") != std::string::npos);
    }
    CHECK(reading.read(avro_num(1), value + "x").has_error());
    CHECK(reading.read(avro_num(1) + "x", value).has_error());
    CHECK(reading.told(avro_num(1), value) == "c {id=1 name=NULL}");
}

TEST_CASE("a column has its true name where the schema says it, its key too") {
    const std::string fields =
        R"({"name":"the_id","type":{"type":"int","connect.parameters":{"__debezium.source.column.name":"the id"}}},)"
        R"({"name":"_1st","type":["null",{"type":"string","connect.parameters":{"__debezium.source.column.name":"1st"}}]})";
    AvroReading reading(fields, R"({"name":"the_id","type":"int"})");
    const std::string created = avro_event(avro_null, avro_some(avro_num(1) + avro_some(avro_str("x"))), "c");
    CHECK(reading.told(avro_num(1), created) == "c {the id=1 1st=x}");
    // Headers are JSON, whose names the connector may have mangled or not.
    for (const char* other : {R"({"the id":7})", R"({"the_id":7})"}) {
        reading.headers = {{"__debezium.oldkey", other}};
        CHECK(reading.told(avro_num(1), created).find(" from {the id=7") != std::string::npos);
    }
    reading.headers = {{"__debezium.oldkey", R"({"other":7})"}};
    CHECK(reading.read(avro_num(1), created).has_error());
}

TEST_CASE("without it a column is called what Avro calls it") {
    AvroReading reading(both_fields(id_field, R"({"name":"with_space","type":"string"})"));
    CHECK(reading.told(avro_num(1), avro_event(avro_null, avro_some(avro_num(1) + avro_str("x")), "c")) ==
          "c {id=1 with_space=x}");
}

TEST_CASE("a field that was renamed on its way keeps its new name, a record's has its true one beside it") {
    const std::string fields =
        R"({"name":"id","type":"int"},)"
        R"({"name":"b","type":{"type":"int","connect.parameters":{"__debezium.source.column.name":"a"}}},)"
        R"({"name":"the_point","__debezium.source.column.name":"the point","type":["null",)"
        R"({"type":"record","name":"P","fields":[{"name":"x","type":"int"}]}]})";
    AvroReading reading(fields);
    const std::string body = avro_num(1) + avro_num(2) + avro_some(avro_num(3));
    CHECK(reading.told(avro_num(1), avro_event(avro_null, avro_some(body), "c")) ==
          R"(c {id=1 b=2 the point={"x":3}})");
}

TEST_CASE("flattened rows in Avro have their operation beside their columns") {
    const std::string fields = both_fields(id_field, name_field) +
                               R"(,{"name":"__op","type":["null","string"]},)"
                               R"({"name":"__deleted","type":["null","string"]},)"
                               R"({"name":"__source_lsn","type":["null","long"]})";
    AvroReading reading(fields, id_field, true);
    const auto row = [](const char* op, const char* deleted) {
        return avro_num(5) + avro_some(avro_str("x")) + avro_some(avro_str(op)) +
               avro_some(avro_str(deleted)) + avro_some(avro_num(99));
    };
    const auto created = reading.read(avro_num(5), row("c", "false"));
    CHECK(tell(created) == "c {id=5 name=x}");
    CHECK(std::get<RowChange>(created.value()).source.lsn == Lsn{99});
    CHECK(reading.told(avro_num(5), row("d", "true")) == "d key {id=5 name=NULL}");
    CHECK(reading.told(avro_num(5), std::nullopt) == "d key {id=5 name=NULL}");
}

TEST_CASE("values that only Avro has are read") {
    const std::string fields =
        std::string(id_field) +
        R"(,{"name":"e","type":{"type":"enum","name":"E","symbols":["red","green"]}},)"
        R"({"name":"d","type":{"type":"fixed","name":"D","size":2,"logicalType":"decimal","scale":2,"precision":4}},)"
        R"({"name":"a","type":{"type":"array","items":["null","int"]}},)"
        R"({"name":"m","type":{"type":"array","items":{"type":"record","name":"MapEntry",)"
        R"("namespace":"io.confluent.connect.avro","fields":[{"name":"key","type":["null","string"]},)"
        R"({"name":"value","type":["null","string"]}]}}})";
    AvroReading reading(fields);
    // A block with its size in bytes, then one without.
    const std::string array = avro_num(-2) + avro_num(3) + avro_some(avro_num(1)) + avro_null + avro_num(1) +
                              avro_some(avro_num(-3)) + avro_num(0);
    const std::string map = avro_num(1) + avro_some(avro_str("k")) + avro_some(avro_str("v")) + avro_num(0);
    const std::string body = avro_num(1) + avro_num(1) + std::string("\xff\x9c", 2) + array + map;
    CHECK(reading.told(avro_num(1), avro_event(avro_null, avro_some(body), "c")) ==
          R"(c {id=1 e=green d=-1.00 a={1,NULL,-3} m={"k":"v"}})");
}

TEST_CASE("text that is no UTF-8 is refused, and so is a value that its column can't hold") {
    AvroReading reading(both_fields(id_field, name_field));
    CHECK(reading
              .read(avro_num(1),
                    avro_event(avro_null, avro_some(avro_num(1) + avro_some(avro_str("\xc3("))), "c"))
              .error()
              .kind == ErrorKind::Data);
    CHECK(reading.told(avro_num(1), avro_event(avro_null, avro_some(avro_num(1) + avro_some(avro_str("ü"))),
                                               "c")) == "c {id=1 name=ü}");
    const auto big = reading.read(
        avro_num(1), avro_event(avro_null, avro_some(avro_num(std::int64_t{1} << 31) + avro_null), "c"));
    CHECK(big.error().kind == ErrorKind::Data);
}

TEST_CASE("a number of values that no record has room for is not even counted") {
    const char* schemas[] = {R"({"type":"array","items":"null"})",
                             R"({"type":"array","items":{"type":"array","items":"null"}})",
                             R"({"type":"array","items":{"type":"record","name":"r","fields":[]}})",
                             R"({"type":"array","items":{"type":"fixed","name":"f","size":0}})"};
    for (const char* text : schemas) {
        const AvroSchema schema = must(AvroSchema::parse({text}));
        const std::string bytes = avro_num(std::int64_t{1} << 60) + avro_num(std::int64_t{1} << 60);
        ScratchArena arena;
        AvroReader reader(arena);
        ConnectValue value;
        for (const bool skips : {false, true}) {
            AvroBytes from(bytes);
            reader.begin(bytes.size());
            const bool good =
                skips ? reader.skip(from, schema.root()) : reader.read(from, schema.root(), value);
            CHECK_FALSE(good);
        }
    }
}

TEST_CASE("numbers of Avro take ten bytes at most") {
    std::int64_t value = 0;
    for (const std::int64_t number :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{63}, std::int64_t{-64}, INT64_MAX, INT64_MIN}) {
        const std::string bytes = avro_num(number);
        AvroBytes from(bytes);
        CHECK(from.read_long(value));
        CHECK(value == number);
        CHECK(from.left() == 0);
    }
    for (const std::string& bytes : {std::string(), std::string("\x80"), std::string(10, '\xff'),
                                     std::string(9, '\xff') + "\x02", std::string(11, '\x80')}) {
        AvroBytes from(bytes);
        CHECK_FALSE(from.read_long(value));
    }
}
