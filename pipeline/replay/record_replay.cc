#include "pipeline/replay/record_replay.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apply/refusal/letter.h"
#include "apply/schema/shape_change.h"
#include "capture/debezium/event_reader.h"
#include "model/base64.h"
#include "pipeline/kafka/event_preflight.h"

namespace walferry {

namespace {

using Json = nlohmann::json;

Error malformed(const char* why) {
    return Error{ErrorKind::Data, std::string("the letter does not hold its record: ") + why, "", ""};
}

/// The opposite of append_record_json. Throws nlohmann's exceptions.
std::optional<std::string> bytes_of(const Json& json) {
    if (json.is_null()) return std::nullopt;
    if (json.is_string()) return json.get<std::string>();
    std::string bytes;
    if (!append_from_base64(bytes, json.at("base64").get<std::string>())) bytes.clear();
    return bytes;
}

debezium::KnownTable known_table(const SourceTable& table) {
    debezium::KnownTable known;
    for (const SourceColumn& column : table.columns) known.columns[column.name] = column.type;
    return known;
}

/// The row in the order of the table's columns.
std::vector<ColumnValue> in_table(const Relation& table, const debezium::TableShape& shape, TupleData row) {
    std::vector<ColumnValue> values;
    for (const Column& column : table.columns) {
        const int at = shape.find(column.name);
        values.push_back(at < 0 ? ColumnValue{} : row[static_cast<std::size_t>(at)]);
    }
    return values;
}

ChangeKind kind_of(debezium::Operation op) {
    switch (op) {
        case debezium::Operation::Read:
        case debezium::Operation::Create:
            return ChangeKind::Insert;
        case debezium::Operation::Update:
            return ChangeKind::Update;
        case debezium::Operation::Delete:
            return ChangeKind::Delete;
        case debezium::Operation::Truncate:
            break;
    }
    return ChangeKind::Truncate;
}

}  // namespace

Result<KeptRecord> record_of(const DeadLetter& letter) {
    if (!letter.after || !letter.topic) return malformed("it has none");
    try {
        const Json json = Json::parse(*letter.after);
        const auto key = bytes_of(json.at("key"));
        const auto value = bytes_of(json.at("value"));
        std::vector<std::pair<std::string, std::optional<std::string>>> headers;
        for (const Json& header : json.at("headers"))
            headers.emplace_back(bytes_of(header.at(0)).value_or(""), bytes_of(header.at(1)));
        std::vector<KafkaHeader> views;
        for (const auto& [name, text] : headers) {
            views.push_back({name, {}});
            if (text) views.back().value = *text;
        }
        KafkaRecord record;
        record.topic = *letter.topic;
        record.partition = letter.kafka_partition.value_or(0);
        record.offset = letter.kafka_offset.value_or(0);
        record.timestamp_ms = json.value("timestamp_ms", std::int64_t{-1});
        if (key) record.key = *key;
        if (value) record.value = *value;
        record.headers = views;
        return KeptRecord(record);
    } catch (const Json::exception& error) {
        return malformed(error.what());
    }
}

Result<std::vector<DeadLetter>> read_again(const Config& config, const TablePlanning& planning,
                                           SchemaSource* schemas, const DeadLetter& letter) {
    WALFERRY_TRY(kept, record_of(letter));
    WALFERRY_TRY(options, debezium_options(*config.kafka));
    const auto knowledge = [&](std::string_view schema,
                               std::string_view table) -> std::optional<debezium::KnownTable> {
        for (const PlannedTable& planned : planning.tables) {
            const SourceTable& source = planned.plan.source;
            if (source.schema == schema && source.name == table) return known_table(source);
        }
        return std::nullopt;
    };
    debezium::EventReader reader(options, knowledge, schemas);
    WALFERRY_TRY(event, reader.read(kept.view()));
    const auto* const change = std::get_if<debezium::RowChange>(&event);
    std::vector<DeadLetter> letters;
    if (change == nullptr) return letters;
    const std::string name = change->shape->table.qualified_name();
    for (const PlannedTable& planned : planning.tables) {
        if (planned.plan.source.qualified_name() != name) continue;
        const Relation relation = relation_of(planned.plan.source);
        std::vector<ColumnValue> before, after;
        ChangeEvent applied;
        applied.kind = kind_of(change->op);
        applied.relation = &relation;
        if (change->before) {
            before = in_table(relation, *change->shape, *change->before);
            applied.before = before;
            applied.before_is_full = change->before_is_full;
        }
        if (applied.kind == ChangeKind::Insert || applied.kind == ChangeKind::Update) {
            after = in_table(relation, *change->shape, change->after);
            applied.after = after;
        }
        applied.sequence = letter.sequence;
        if (change->source.lsn) applied.sequence.commit_lsn = *change->source.lsn;
        RecordOrigin origin{*letter.topic,
                            letter.kafka_partition.value_or(0),
                            letter.kafka_offset.value_or(0),
                            {},
                            change->op == debezium::Operation::Read};
        applied.record = &origin;
        Transaction transaction;
        transaction.xid = static_cast<std::uint32_t>(change->source.tx_id.value_or(0));
        transaction.commit_time = letter.commit_time;
        if (change->source.time_us != 0) transaction.commit_time = pg_time_of_unix(change->source.time_us);
        letters.push_back(letter_of(planned.plan, applied, transaction, {}));
        letters.back().id = letter.id;
    }
    if (letters.empty() &&
        find_rule(config, change->shape->table.schema, change->shape->table.name) != nullptr)
        return Error{ErrorKind::Data, name + " has no target yet: its first readable event makes it", "", ""};
    return letters;
}

}  // namespace walferry
