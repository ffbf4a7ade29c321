#include "tests/fuzz/fuzzed_events.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "capture/debezium/built_in_types.h"
#include "model/pg_types.h"

namespace walferry::debezium {

namespace {

SourceType named_type(const char* name) {
    SourceType type;
    type.oid = 100'000;
    type.name = name;
    return type;
}

}  // namespace

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

namespace {

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

}  // namespace

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
    if (const auto* message = std::get_if<walferry::debezium::LogicalMessage>(&event))
        return touch(message->content);
    if (const auto* boundary = std::get_if<TransactionBoundary>(&event)) return touch(boundary->id);
    return 0;
}

std::string_view take_line(std::string_view& rest) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return line;
}

void read_twice(EventReader& reader, const KafkaRecord& record) {
    for (int time = 0; time < 2; ++time) {
        const auto event = reader.read(record);
        if (event) touch(event.value());
        if (event.has_error() && event.error().kind != ErrorKind::Data) std::abort();
    }
}

}  // namespace walferry::debezium
