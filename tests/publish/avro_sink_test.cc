#include "publish/avro_sink.h"

#include "publish/avro_schema.h"
#include "publish/envelope.h"
#include "tests/support/catch.h"

using namespace std::string_literals;

namespace walferry::publish {
namespace {

ConnectSchema array_of_schema(const ConnectSchema& item) {
    ConnectSchema schema = plain_schema(ConnectType::Array);
    schema.items = {item};
    return schema;
}

/// What `write` does with a sink that expects this schema.
template <class Write>
std::string avro_of(const ConnectSchema& schema, Write write) {
    std::string bytes;
    AvroSink sink(bytes);
    const AvroShape shape = avro_shape(schema);
    sink.begin(shape);
    write(sink);
    return bytes;
}

}  // namespace

TEST_CASE("numbers are written as Avro's specification has them") {
    const std::pair<std::int64_t, std::string> numbers[] = {
        {0, "\x00"s},
        {-1, "\x01"s},
        {1, "\x02"s},
        {-2, "\x03"s},
        {-64, "\x7f"s},
        {64, "\x80\x01"s},
        {8192, "\x80\x80\x01"s},
        {INT64_MAX, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"s},
        {INT64_MIN, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s}};
    for (const auto& [number, bytes] : numbers) {
        std::string made;
        append_avro_long(made, number);
        CHECK(made == bytes);
    }
    CHECK(avro_of(plain_schema(ConnectType::Float64), [](AvroSink& sink) { sink.real64(1.5); }) ==
          "\0\0\0\0\0\0\xf8\x3f"s);
    CHECK(avro_of(plain_schema(ConnectType::Float32), [](AvroSink& sink) { sink.real32(1.5F); }) ==
          "\0\0\xc0\x3f"s);
    CHECK(avro_of(plain_schema(ConnectType::String), [](AvroSink& sink) { sink.text("foo"); }) ==
          "\x06"
          "foo");
}

TEST_CASE("a value that may be null says which branch it is of") {
    ConnectSchema schema = plain_schema(ConnectType::Int32, true);
    CHECK(avro_of(schema, [](AvroSink& sink) { sink.null(); }) == "\0"s);
    CHECK(avro_of(schema, [](AvroSink& sink) { sink.integer(1); }) == "\x02\x02");
    // A default's type comes first in a union.
    schema.default_json = "7";
    CHECK(avro_of(schema, [](AvroSink& sink) { sink.null(); }) == "\x02");
    CHECK(avro_of(schema, [](AvroSink& sink) { sink.integer(1); }) == "\0\x02"s);
}

TEST_CASE("arrays and maps are one block, however long their values are") {
    const ConnectSchema texts = array_of_schema(plain_schema(ConnectType::String, true));
    CHECK(avro_of(texts, [](AvroSink& sink) {
              sink.begin_array();
              sink.end_array();
          }) == "\0"s);
    CHECK(avro_of(texts, [](AvroSink& sink) {
              sink.begin_array();
              sink.item();
              sink.text("a");
              sink.item();
              sink.null();
              sink.end_array();
          }) == "\x04\x02\x02"s + "a\0\0"s);
    const auto many = avro_of(array_of_schema(plain_schema(ConnectType::Boolean)), [](AvroSink& sink) {
        sink.begin_array();
        for (int i = 0; i < 100; ++i) {
            sink.item();
            sink.boolean(true);
        }
        sink.end_array();
    });
    CHECK(many == "\xc8\x01" + std::string(100, '\1') + '\0');
    ConnectSchema map = plain_schema(ConnectType::Map);
    map.items = {plain_schema(ConnectType::String), texts};
    CHECK(avro_of(map, [](AvroSink& sink) {
              sink.begin_map();
              sink.entry("k");
              sink.begin_array();
              sink.item();
              sink.text("v");
              sink.end_array();
              sink.end_map();
          }) == "\x02\x02k\x02\x02\x02v\0\0"s);
}

}  // namespace walferry::publish
