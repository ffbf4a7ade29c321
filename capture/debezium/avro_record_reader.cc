#include "capture/debezium/avro_record_reader.h"

#include <fmt/format.h>

#include <utility>

#include "capture/debezium/unreadable.h"
#include "model/byte_order.h"

namespace walferry::debezium {

AvroRecordReader::AvroRecordReader(Options options, TableKnowledge knowledge, SchemaSource& schemas)
    : RecordReader(std::move(options), std::move(knowledge)),
      schemas_(schemas),
      avro_rows_(arena_, options_) {}

Result<AvroRecordReader::Body> AvroRecordReader::body_of(std::string_view bytes, std::string_view what,
                                                         Remembered& remembered) {
    constexpr std::size_t head_bytes = 5;
    if (bytes.size() < head_bytes || bytes.front() != 0)
        return Error{ErrorKind::Data,
                     fmt::format("the record's {} is no Avro in Confluent's wire format: it does not begin "
                                 "with a zero byte and a schema's id",
                                 what),
                     "set format: json where the topic has JSON", ""};
    const auto id = load_big_endian<std::int32_t>(bytes.data() + 1);
    if (remembered.writer == nullptr || remembered.id != id) {
        WALFERRY_TRY(writer, schemas_.find(id));
        remembered = {id, writer};
    }
    Body body{remembered.writer, bytes.substr(head_bytes)};
    AvroBytes from(body.bytes);
    const AvroType* type = AvroReader::branch(from, body.writer->schema.root());
    body.is_null = type != nullptr && type->kind == AvroKind::Null && from.left() == 0;
    if (!body.is_null && body.writer->record == nullptr)
        return unreadable(
            fmt::format("the record's {} is none of Debezium's: its schema is no record", what));
    return body;
}

Result<Payload> AvroRecordReader::payload(const KafkaRecord& record, Topic& topic) {
    WALFERRY_TRY(body, body_of(*record.value, "value", of_avro(topic).value));
    if (body.is_null) return Payload{"null"};
    return Payload{body.bytes, &body.writer->type, true};
}

Status AvroRecordReader::pass(const KafkaRecord& record, Topic& topic, const Payload& value,
                              EventFields& fields) {
    if (!pass_over(record, of_avro(topic), value, fields)) return unreadable(malformed_avro);
    return success();
}

bool AvroRecordReader::pass_over(const KafkaRecord& record, AvroTopic& topic, const Payload& value,
                                 EventFields& fields) {
    const TableShape* shape = topic.type == value.type ? topic.shape : nullptr;
    const AvroWriter& writer = *topic.value.writer;
    AvroEventPass pass({avro_rows_, before_, after_, topic.before_layout, topic.after_layout, collections_});
    AvroBytes from(value.text);
    collections_.clear();
    avro_rows_.values().begin(value.text.size());
    if (!options_.flattened)
        return pass.read_envelope(from, writer, shape, has_whole_before(topic, shape), fields);
    if (may_be_no_row(record.topic)) {
        if (!pass.read_envelope(from, writer, nullptr, false, fields)) return false;
        if (is_other_event(fields)) return true;
        fields = {};
        from = AvroBytes(value.text);
        avro_rows_.values().begin(value.text.size());
    }
    if (!pass.read_flattened(from, writer, shape, fields)) return false;
    complete_flattened(record, fields);
    return true;
}

RowOutcome AvroRecordReader::read_key(const KafkaRecord& record, Topic& topic, const EventFields&,
                                      const Row*&) {
    return read_key_of(record, topic, *topic.shape);
}

RowOutcome AvroRecordReader::read_key_of(const KafkaRecord& record, Topic& topic, const TableShape& shape) {
    AvroTopic& known = of_avro(topic);
    if (!record.key) return shape.keyed() ? RowOutcome::Reshape : RowOutcome::Done;
    const auto body = body_of(*record.key, "key", known.key);
    if (body.has_error()) return RowOutcome::Reshape;  // look_at_key says why
    if (body.value().is_null) return shape.keyed() ? RowOutcome::Reshape : RowOutcome::Done;
    const AvroType& type = *body.value().writer->record;
    if (&type != known.key_record) return RowOutcome::Reshape;
    if (&shape != known.key_shape) {
        if (!shape.has_key(known.key_columns)) return RowOutcome::Reshape;
        known.key_shape = &shape;
    }
    AvroBytes from(body.value().bytes);
    avro_rows_.values().begin(from.left());
    AvroReader::branch(from, body.value().writer->schema.root());
    return avro_rows_.read_key(from, type, shape, key_);
}

/// A key's fields carry their columns' names less often than a row's: those of the row with the same name in
/// Avro have them.
Status AvroRecordReader::look_at_key(const KafkaRecord& record, Topic& topic, const Payload& value,
                                     SeenKey& key) {
    AvroTopic& known = of_avro(topic);
    known.key_record = nullptr;
    known.key_shape = nullptr;
    known.key_columns.clear();
    if (!record.key) return success();
    WALFERRY_TRY(body, body_of(*record.key, "key", known.key));
    if (body.is_null) return success();
    const ConnectType* of_value = value.type != nullptr ? value.type : topic.type;
    const ConnectType* row = of_value == nullptr ? nullptr : row_type(*of_value, options_.flattened);
    for (const ConnectType& part : body.writer->type.parts) {
        if (is_added_key_field(part.field)) continue;
        const ConnectType* column = row == nullptr ? nullptr : row->find(part.field);
        const bool named = !part.source_column.empty() || column == nullptr;
        known.key_columns.push_back(named ? part.column() : column->column());
        key.push_back({known.key_columns.back(), &part, Inference::Unseen});
    }
    if (key.empty()) return unreadable("the record's key has no columns");
    known.key_record = body.writer->record;
    return success();
}

Status AvroRecordReader::look_at_bare_row(const EventFields&, std::vector<SeenColumn>&) {
    return Error{ErrorKind::Internal, "a record in Avro without schema", "", ""};
}

}  // namespace walferry::debezium
