#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kafka/schema_source.h"
#include "tests/fuzz/fuzzed_events.h"

using namespace walferry;
using namespace walferry::debezium;

namespace {

class TwoSchemas final : public SchemaSource {
 public:
    TwoSchemas(std::string_view key, std::string_view value) : key_(key), value_(value) {}
    Result<RegisteredSchema> schema(std::int32_t id) override {
        return RegisteredSchema{id == 0 ? key_ : value_};
    }

 private:
    std::string key_, value_;
};

constexpr std::string_view key_head("\0\0\0\0\0", 5), value_head("\0\0\0\0\1", 5);

}  // namespace

/// A line of settings, one with the header of the other key, the schemas of key and value in a line each, a
/// byte with the key's length, the key and the value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const KnownTable known = known_columns();
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const std::string_view settings = take_line(rest), other_key = take_line(rest);
    const std::string_view key_schema = take_line(rest), value_schema = take_line(rest);
    const auto is_set = [&](char letter) { return settings.find(letter) != std::string_view::npos; };
    Options options;
    options.format = RecordFormat::Avro;
    options.flattened = is_set('f');
    if (is_set('d')) options.ambiguous_null = AmbiguousNull::DeadLetter;
    TableKnowledge knowledge;
    if (is_set('k')) knowledge = [](std::string_view, std::string_view) { return std::optional(known); };
    TwoSchemas schemas(key_schema, value_schema);
    EventReader reader(options, knowledge, &schemas);
    const KafkaHeader headers[] = {{"__debezium.oldkey", other_key}, {"__debezium.newkey", other_key}};
    const std::size_t key_size = rest.empty() ? 0 : static_cast<unsigned char>(rest.front());
    if (!rest.empty()) rest.remove_prefix(1);
    // In memory of their own, so that reading past an end is seen.
    const std::string key = std::string(key_head) + std::string(rest.substr(0, key_size));
    const std::string value =
        std::string(value_head) + std::string(rest.substr(std::min(key_size, rest.size())));
    KafkaRecord record;
    record.topic = is_set('t') ? "shop.transaction" : "shop.public.item";
    record.value = value;
    if (!key_schema.empty()) record.key = key;
    if (!other_key.empty()) record.headers = headers;
    read_twice(reader, record);
    return 0;
}
