#include "capture/debezium/avro_event_pass.h"

#include "capture/debezium/envelope_values.h"

namespace walferry::debezium {

namespace {

using Kind = ConnectValue::Kind;

class AddedOfRow final : public AddedValues {
 public:
    explicit AddedOfRow(EventFields& to) : to_(to) {}

    bool take(std::string_view name, const ConnectValue& value) override {
        if (name == "op") return take_text(value, to_.op);
        if (name == "deleted") {
            if (!value.is(Kind::Boolean)) return take_text(value, to_.deleted);
            to_.deleted = value.boolean ? "true" : "false";
            return true;
        }
        return take_added_field(name, value, to_.source, to_.transaction);
    }

 private:
    EventFields& to_;
};

}  // namespace

bool AvroEventPass::read_image(AvroBytes& from, const AvroType& type, const TableShape* shape,
                               const RowRequest& request, AvroLayout& layout, Row& row, Image& image,
                               EventFields& to) {
    const AvroType* record = AvroReader::branch(from, type);
    if (record == nullptr) return false;
    if (record->kind == AvroKind::Null) {
        image = Image::Null;
        return true;
    }
    if (record->kind != AvroKind::Record) return false;
    image = Image::Object;
    const AvroBytes begin = from;
    if (to.rows == RowOutcome::Done && shape != nullptr) {
        layout.set(*record, *shape, false);
        to.rows = rows_.reader.read_row(from, *record, layout, *shape, request, nullptr, row);
        if (to.rows == RowOutcome::Done) return true;
        if (to.rows == RowOutcome::Failed) to.row_problem = rows_.reader.problem();
    } else if (shape == nullptr) {
        to.rows = RowOutcome::Reshape;
    }
    from = begin;
    return rows_.reader.values().skip(from, *record);
}

bool AvroEventPass::read_source(AvroBytes& from, const AvroType& type, const AvroWriter& writer,
                                EventFields& to) {
    const AvroType* record = AvroReader::branch(from, type);
    if (record == nullptr) return false;
    if (record->kind == AvroKind::Null) return true;
    EventTime time;
    for (std::size_t i = 0; i < record->fields.size(); ++i) {
        const AvroType& part = *record->fields[i].type;
        ConnectValue value;
        if (writer.source[i] == SourceField::PassedOver) {
            if (!rows_.reader.values().skip(from, part)) return false;
        } else if (!rows_.reader.values().read(from, part, value) ||
                   !take_source_field(writer.source[i], value, to.source, time)) {
            return false;
        }
    }
    to.source.time_us = time.value_us();
    complete_source(to.source);
    return true;
}

bool AvroEventPass::read_field(AvroBytes& from, EnvelopeField field, const AvroType& type, EventFields& to) {
    ConnectValue value;
    if (field == EnvelopeField::PassedOver) return rows_.reader.values().skip(from, type);
    if (!rows_.reader.values().read(from, type, value)) return false;
    if (value.is(Kind::Null)) return true;
    using Precision = EventTime::Precision;
    // A field of another kind of value is none of Debezium's.
    const auto other = [&to] {
        to.has_others = true;
        return true;
    };
    switch (field) {
        case EnvelopeField::Op:
            return take_text(value, to.op);
        case EnvelopeField::Transaction:
            return take_transaction(value, to.transaction);
        case EnvelopeField::Milliseconds:
        case EnvelopeField::Microseconds:
        case EnvelopeField::Nanoseconds:
            if (!value.is(Kind::Integer)) return other();
            to.time.take(field == EnvelopeField::Milliseconds   ? Precision::Milliseconds
                         : field == EnvelopeField::Microseconds ? Precision::Microseconds
                                                                : Precision::Nanoseconds,
                         value.integer);
            return true;
        case EnvelopeField::Message:
            if (!value.is(Kind::Struct)) return other();
            to.has_message = true;
            return take_message(value, to.prefix, to.content, to.content_is_bytes);
        case EnvelopeField::EventCount:
            if (!value.is(Kind::Integer)) return other();
            to.event_count = value.integer;
            return true;
        case EnvelopeField::DataCollections:
            return value.is(Kind::Array) ? take_collections(value, rows_.collections) : other();
        case EnvelopeField::Status:
            return value.is(Kind::String) ? take_text(value, to.status) : other();
        case EnvelopeField::Id:
            return value.is(Kind::String) ? take_text(value, to.id) : other();
        case EnvelopeField::Database:
            return value.is(Kind::String) ? take_text(value, to.database) : other();
        case EnvelopeField::Schema:
            return value.is(Kind::String) ? take_text(value, to.schema) : other();
        case EnvelopeField::Ddl:
            to.has_ddl = value.is(Kind::String);
            return to.has_ddl ? take_text(value, to.ddl) : other();
        default:
            return other();
    }
}

bool AvroEventPass::read_envelope(AvroBytes& from, const AvroWriter& writer, const TableShape* shape,
                                  bool whole_before, EventFields& to) {
    const AvroType* record = AvroReader::branch(from, writer.schema.root());
    if (record == nullptr || record != writer.record) return false;
    for (std::size_t i = 0; i < record->fields.size(); ++i) {
        const AvroType& type = *record->fields[i].type;
        bool good = true;
        if (writer.envelope[i] == EnvelopeField::Before) {
            RowRequest request;
            request.key_only = request.look_at_rest = !whole_before;
            good = read_image(from, type, shape, request, rows_.before_layout, rows_.before, to.before, to);
        } else if (writer.envelope[i] == EnvelopeField::After) {
            good = read_image(from, type, shape, {}, rows_.after_layout, rows_.after, to.after, to);
        } else if (writer.envelope[i] == EnvelopeField::Source) {
            good = read_source(from, type, writer, to);
        } else {
            good = read_field(from, writer.envelope[i], type, to);
        }
        if (!good) return false;
    }
    return from.left() == 0;
}

bool AvroEventPass::read_flattened(AvroBytes& from, const AvroWriter& writer, const TableShape* shape,
                                   EventFields& to) {
    static const TableShape no_shape;
    AddedOfRow added(to);
    const TableShape& by = shape == nullptr ? no_shape : *shape;
    const AvroType* record = AvroReader::branch(from, writer.schema.root());
    if (record == nullptr || record != writer.record) return false;
    to.after = Image::Object;
    const AvroBytes begin = from;
    if (shape == nullptr) {
        AvroLayout none;
        none.set(*record, by, true);
        to.rows = rows_.reader.read_row(from, *record, none, by, {}, &added, rows_.after);
        if (to.rows == RowOutcome::Done) to.rows = RowOutcome::Reshape;
    } else {
        rows_.after_layout.set(*record, by, true);
        to.rows = rows_.reader.read_row(from, *record, rows_.after_layout, by, {}, &added, rows_.after);
    }
    if (to.rows == RowOutcome::Failed) to.row_problem = rows_.reader.problem();
    complete_source(to.source);
    if (to.rows != RowOutcome::Failed) return from.left() == 0;
    from = begin;
    return rows_.reader.values().skip(from, *record) && from.left() == 0;
}

}  // namespace walferry::debezium
