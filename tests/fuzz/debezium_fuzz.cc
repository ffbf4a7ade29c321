#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "capture/debezium/built_in_types.h"
#include "capture/debezium/event_reader.h"
#include "model/pg_types.h"

using namespace walferry;
using namespace walferry::debezium;

namespace {

SourceType named_type(const char* name) {
    SourceType type;
    type.oid = 100'000;
    type.name = name;
    return type;
}

/// Types for some of the columns that the recorded events have, so that every form is read.
KnownTable known_columns() {
    namespace pg = pg_types;
    KnownTable table;
    const std::pair<const char*, std::uint32_t> types[] = {
        {"i2", pg::int2},      {"i4", pg::int4},        {"o", pg::oid},        {"f4", pg::float4},
        {"f8", pg::float8},    {"b", pg::boolean},      {"b8", oids::bit},     {"vb", oids::varbit},
        {"by", pg::bytea},     {"d", pg::date},         {"tm", pg::time},      {"ttz", pg::timetz},
        {"ts", pg::timestamp}, {"tz", pg::timestamptz}, {"iv", pg::interval},  {"p", oids::point},
        {"s", oids::lseg},     {"bx", oids::box},       {"po", oids::polygon}, {"l", oids::line},
        {"ci", oids::circle},  {"m", pg::money},        {"u", pg::uuid},       {"jb", pg::jsonb},
        {"n", pg::numeric}};
    for (const auto& [name, type] : types) {
        table.columns[name] = built_in_type(type);
        table.columns[name].oid = type;
    }
    table.columns["b8"].modifier = 8;
    table.columns["n10_2"] = built_in_type(pg::numeric, numeric_modifier(10, 2));
    table.columns["h"] = named_type("hstore");
    const std::pair<const char*, std::uint32_t> elements[] = {
        {"ai", pg::int4}, {"na", pg::numeric}, {"ta", pg::text}, {"ua", pg::uuid}};
    for (const auto& [name, type] : elements) table.columns[name] = array_type(built_in_type(type));
    return table;
}

std::size_t touch(std::string_view bytes) {
    std::size_t count = 0;
    for (const char letter : bytes) count += static_cast<unsigned char>(letter) != 0;
    return count;
}

std::size_t touch(TupleData row) {
    std::size_t count = 0;
    for (const ColumnValue& value : row) count += touch(value.bytes);
    return count;
}

/// Every byte of an event can be read.
std::size_t touch(const Event& event) {
    if (const auto* change = std::get_if<RowChange>(&event)) {
        const std::size_t columns = change->shape->relation.columns.size();
        if ((change->before && change->before->size() != columns) ||
            (!change->after.empty() && change->after.size() != columns))
            std::abort();
        return touch(change->after) + (change->before ? touch(*change->before) : 0) +
               (change->new_key ? touch(*change->new_key) : 0) + touch(change->source.sequence) +
               (change->old_key ? touch(*change->old_key) : 0) + touch(change->source.connector);
    }
    if (const auto* message = std::get_if<LogicalMessage>(&event)) return touch(message->content);
    if (const auto* boundary = std::get_if<TransactionBoundary>(&event)) return touch(boundary->id);
    return 0;
}

std::string_view take_line(std::string_view& rest) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return line;
}

}  // namespace

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
    for (int time = 0; time < 2; ++time) {
        const auto event = reader.read(record);
        if (event) touch(event.value());
        if (event.has_error() && event.error().kind != ErrorKind::Data) std::abort();
    }
    return 0;
}
