#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/fuzz/fuzzed_events.h"

using namespace walferry;
using namespace walferry::debezium;

/// A line of settings, one with the header of the other key, one with the key, and the value: any bytes are
/// an event or are refused, without touching a byte outside of them. Read twice, as what was learnt is used
/// then.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const KnownTable known = known_columns();
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const std::string_view settings = take_line(rest), other_key = take_line(rest), key = take_line(rest);
    const auto is_set = [&](char letter) { return settings.find(letter) != std::string_view::npos; };
    Options options;
    options.flattened = is_set('f');
    if (is_set('s')) options.decimal = DecimalMode::String;
    if (is_set('h')) options.binary = BinaryMode::Hex;
    if (is_set('i')) options.time = TimeMode::IsoString;
    if (is_set('d')) options.ambiguous_null = AmbiguousNull::DeadLetter;
    TableKnowledge knowledge;
    if (is_set('k')) knowledge = [](std::string_view, std::string_view) { return std::optional(known); };
    EventReader reader(options, knowledge);
    const KafkaHeader headers[] = {{"__debezium.oldkey", other_key}, {"__debezium.newkey", other_key}};
    KafkaRecord record;
    record.topic = "shop.public.item";
    record.value = rest;
    if (!key.empty()) record.key = key;
    if (!other_key.empty()) record.headers = headers;
    read_twice(reader, record);
    return 0;
}
