#include "tests/capture/debezium/avro_test_schemas.h"
#include "tests/capture/debezium/event_texts.h"
#include "tests/support/catch.h"

using namespace walferry;
using namespace walferry::debezium;
using walferry::testing::GivenSchemas;
using walferry::testing::with_id;

namespace {

constexpr const char* garbled_envelope =
    R"({"type":"record","name":"Envelope","fields":[{"name":"before","type":["null",{"type":"record","name":"Value",)"
    R"("fields":[{"name":"id","type":"int"},{"name":"t","type":["null","string"]},)"
    R"({"name":"a","type":{"type":"array","items":["null","long"]}},{"name":"m","type":{"type":"map","values":"double"}},)"
    R"({"name":"n","type":{"type":"bytes","logicalType":"decimal","scale":2,"precision":9}}]}]},)"
    R"({"name":"after","type":["null","Value"]},{"name":"source","type":{"type":"record","name":"Source","fields":[)"
    R"({"name":"connector","type":"string"},{"name":"schema","type":"string"},{"name":"table","type":"string"}]}},)"
    R"({"name":"op","type":"string"}]})";

/// before: null; after: 1, 'text', {3,NULL}, {k: 0}, 1.50; of postgresql public.item; op.
std::string garbled_update() {
    using namespace std::string_literals;
    return "\x00\x02\x02\x02\x08text\x04\x02\x06\x00\x00\x02\x02k\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x96"s
           "\x14postgresql\x0cpublic\x08item\x02u"s;
}

struct GarbledReading {
    GarbledReading() {
        schemas.schemas[1] = {R"({"type":"record","name":"Key","fields":[{"name":"id","type":"int"}]})"};
        schemas.schemas[2] = {garbled_envelope};
        Options options;
        options.format = RecordFormat::Avro;
        reader.emplace(options, TableKnowledge{}, &schemas);
    }

    Result<Event> read(const std::string& key, const std::string& value) {
        KafkaRecord record;
        record.topic = "shop.public.item";
        record.key = key;
        record.value = value;
        return reader->read(record);
    }

    GivenSchemas schemas;
    std::optional<EventReader> reader;
};

const std::string garbled_key = with_id(1, "\x02");

void check_refusal(const Result<Event>& event) {
    if (event.has_error()) CHECK(event.error().kind == ErrorKind::Data);
}

}  // namespace

TEST_CASE("an event in Avro that is cut anywhere is refused, and the next one is read") {
    GarbledReading reading;
    const std::string value = with_id(2, garbled_update());
    const std::string whole = walferry::testing::tell(reading.read(garbled_key, value));
    CHECK(whole == R"(u {id=1 t=text a={3,NULL} m={"k":0} n=1.50})");
    for (std::size_t length = 0; length < value.size(); ++length) {
        INFO(length);
        // In memory of its own, so that reading past its end is seen.
        const auto cut = reading.read(garbled_key, std::string(value.data(), length));
        REQUIRE(cut.has_error());
        CHECK(cut.error().kind == ErrorKind::Data);
    }
    for (std::size_t length = 0; length < garbled_key.size(); ++length)
        CHECK(reading.read(garbled_key.substr(0, length), value).has_error());
    CHECK(walferry::testing::tell(reading.read(garbled_key, value)) == whole);
}

TEST_CASE("an event in Avro with any byte changed is an event or is refused") {
    GarbledReading reading;
    const std::string value = with_id(2, garbled_update());
    for (std::size_t at = 0; at < value.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string changed = value;
            changed[at] = static_cast<char>(byte);
            check_refusal(reading.read(garbled_key, changed));
        }
    }
    for (std::size_t at = 0; at < garbled_key.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string changed = garbled_key;
            changed[at] = static_cast<char>(byte);
            check_refusal(reading.read(changed, value));
        }
    }
}
