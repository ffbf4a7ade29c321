#include "tests/capture/debezium/event_texts.h"

#include <fmt/format.h>

#include "capture/debezium/built_in_types.h"
#include "model/pg_types.h"

namespace walferry::testing {

using namespace debezium;

namespace {

std::string text_of(const TableShape& shape, TupleData row) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) {
        const ColumnValue& value = row[i];
        text += fmt::format("{}{}={}", i == 0 ? "" : " ", shape.relation.columns[i].name,
                            value.kind == ValueKind::Text   ? value.bytes
                            : value.kind == ValueKind::Null ? "NULL"
                                                            : "(unchanged)");
    }
    return "{" + text + "}";
}

struct Teller {
    std::string operator()(const RowChange& change) const {
        std::string text(1, static_cast<char>(change.op));
        if (change.before) {
            text += change.before_is_full ? " old " : " key ";
            text += text_of(*change.shape, *change.before);
        }
        if (!change.after.empty()) text += " " + text_of(*change.shape, change.after);
        if (change.new_key) text += " to " + text_of(*change.shape, *change.new_key);
        if (change.old_key) text += " from " + text_of(*change.shape, *change.old_key);
        return text;
    }
    std::string operator()(const Tombstone&) const { return "tombstone"; }
    std::string operator()(const Heartbeat& heartbeat) const {
        return fmt::format("heartbeat {}", heartbeat.time_us);
    }
    std::string operator()(const TransactionBoundary& boundary) const {
        return fmt::format("{} {} {}", boundary.end ? "end" : "begin", boundary.id, boundary.event_count);
    }
    std::string operator()(const debezium::LogicalMessage& message) const {
        return fmt::format("message {}: {}{}", message.prefix, message.content,
                           message.source.tx_id ? "" : ", alone");
    }
    std::string operator()(const SchemaChange& change) const {
        return fmt::format("schema of {}: {}", change.database, change.ddl);
    }
};

SourceType named(const char* name, char kind = 'b') {
    SourceType type;
    type.oid = 100'000;
    type.schema = "public";
    type.name = type.sql = name;
    type.kind = kind;
    return type;
}

SourceType array_of(const SourceType& element) {
    SourceType type = array_type(element);
    type.element_oid = element.oid;
    type.element_name = element.name;
    type.element_kind = element.kind;
    return type;
}

std::string tell_source(const SourceBlock& source) {
    return fmt::format(" of {} {} {}.{}.{} at {} {} {} {} {}", source.connector, source.name, source.db,
                       source.schema, source.table, source.time_us, static_cast<int>(source.snapshot),
                       source.lsn ? source.lsn->value : 0, source.tx_id.value_or(-1), source.sequence);
}

}  // namespace

std::string tell(const Result<Event>& event) {
    if (event.has_error()) return "refused: " + event.error().message;
    return std::visit(Teller{}, event.value());
}

std::string tell(EventReader& reader, const std::optional<std::string>& key,
                 const std::optional<std::string>& value) {
    KafkaRecord record;
    record.topic = "shop.public.item";
    if (key) record.key = *key;
    if (value) record.value = *value;
    return tell(reader.read(record));
}

std::string source(const std::string& schema, const std::string& table) {
    return fmt::format(R"("source":{{"version":"3.7.0.Final","connector":"postgresql","name":"shop",)"
                       R"("ts_ms":1700000000000,"snapshot":"false","db":"shop","schema":"{}","table":"{}",)"
                       R"("txId":7,"lsn":42}})",
                       schema, table);
}

std::string row(const std::string& op, const std::string& after) {
    return R"({"before":null,"after":)" + after + "," + source() + R"(,"op":")" + op + "\"}";
}

TableKnowledge toast_types() {
    KnownTable table;
    const auto set = [&](const char* name, std::uint32_t oid) { table.columns[name] = built_in_type(oid); };
    using namespace pg_types;
    for (const char* name : {"txt", "vc", "bp", "tv", "x", "txtnn"}) set(name, text);
    set("bin", bytea);
    set("js", json);
    set("jsb", jsonb);
    set("num", numeric);
    set("vb", oids::varbit);
    table.columns["ci"] = named("citext");
    table.columns["h"] = named("hstore");
    const std::pair<const char*, std::uint32_t> arrays[] = {
        {"ta", text},       {"va", text},         {"bpa", text},      {"ia", int4},
        {"i2a", int2},      {"ba", int8},         {"da", date},       {"ua", uuid},
        {"ja", json},       {"jba", jsonb},       {"na", numeric},    {"fa", float8},
        {"boola", boolean}, {"tza", timestamptz}, {"tsa", timestamp}, {"bya", bytea}};
    for (const auto& [name, oid] : arrays) table.columns[name] = array_type(built_in_type(oid));
    table.columns["cia"] = array_of(named("citext"));
    table.columns["ea"] = array_of(named("mood", 'e'));
    return [table](std::string_view, std::string_view) { return std::optional(table); };
}

std::string tell_all(const Result<Event>& event) {
    std::string text = tell(event);
    if (!event) return text;
    if (const auto* change = std::get_if<RowChange>(&event.value())) {
        text += tell_source(change->source) + fmt::format(" {}", change->time_us);
        for (const Column& column : change->shape->relation.columns)
            text += fmt::format(" {}:{}:{}{}", column.name, column.type_oid, column.type_modifier,
                                column.key ? " key" : "");
        if (change->transaction)
            text += fmt::format(" {} {}", change->transaction->id, change->transaction->total_order);
    }
    if (const auto* message = std::get_if<debezium::LogicalMessage>(&event.value()))
        text += tell_source(message->source);
    return text;
}

}  // namespace walferry::testing
