// The part of TableEncoder that writes Avro.
#include <cassert>

#include "publish/default_value.h"
#include "publish/placeholder.h"
#include "publish/table_avro.h"
#include "publish/table_encoder.h"

namespace walferry::publish {

namespace {

/// What Debezium writes where it has to write something, in Avro: the default, or zero, or nothing. Empty
/// where there is no such value.
std::string filler_of(const FieldPlan& field, const PublishedColumn& column) {
    std::string bytes;
    AvroSink sink(bytes);
    const AvroShape shape = avro_shape(field.type.schema);
    const std::string text = field.type.schema.default_json.empty()
                                 ? field.type.filler
                                 : default_text(column).value_or(field.type.filler);
    sink.begin(shape);
    return field.type.from_text(field.type.format, text, sink) == Carried::Whole ? bytes : std::string();
}

}  // namespace

TableAvro::TableAvro(const RowPlan& plan, const EnvelopeSettings& settings)
    : registrar(settings.registrar),
      key(plan.topic + "-key", plan.key_schema()),
      value(plan.topic + "-value", envelope_schema(plan.topic, plan.value_schema())),
      envelope(settings),
      unavailable(settings.values.unavailable),
      has_key(!plan.table.key.empty()) {
    assert(registrar != nullptr);
    for (std::size_t at = 0; at < plan.fields.size(); ++at)
        fillers.push_back(filler_of(plan.fields[at], plan.table.columns[at]));
}

Status TableAvro::prepare() {
    if (is_ready) return success();
    if (has_key) {
        WALFERRY_TRYV(key.prepare(*registrar));
    }
    WALFERRY_TRYV(value.prepare(*registrar));
    is_ready = true;
    return success();
}

Status TableEncoder::append_avro_members(char op, const Images& images, const EventSource& source,
                                         const std::optional<TransactionOrder>& order, RecordBatch& batch) {
    AvroSink& sink = batch.avro_sink();
    avro_->value.begin(batch.bytes(), sink);
    sink.begin_struct();
    sink.field("before");
    WALFERRY_TRYV(write_row(images.before, nullptr, Use::OldRow, sink));
    sink.field("after");
    WALFERRY_TRYV(write_row(images.after, images.old, Use::NewRow, sink));
    avro_->envelope.write_source(sink, source, plan_.table.name.schema, plan_.table.name.table);
    AvroEnvelope::write_transaction(sink, source, order);
    sink.field("op");
    sink.text({&op, 1});
    AvroEnvelope::write_times(sink, source);
    sink.end_struct();
    return success();
}

Result<TableEncoder::Key> TableEncoder::append_avro_key(const TupleData& row, const TupleData* old,
                                                        RecordBatch& batch) {
    Key key;
    AvroSink& sink = batch.avro_sink();
    const std::size_t first = batch.byte_count();
    avro_->key.begin(batch.bytes(), sink);
    sink.begin_struct();
    for (const std::size_t at : plan_.table.key) {
        sink.field(plan_.fields[at].name);
        WALFERRY_TRYV(write_value_of(at, value_at(row, old, at), Use::Key, sink));
    }
    sink.end_struct();
    key.record = batch.since(first);
    return key;
}

Status TableEncoder::write_row(const TupleData* row, const TupleData* old, Use use, AvroSink& sink) {
    if (row == nullptr) {
        sink.null();
        return success();
    }
    sink.begin_struct();
    for (std::size_t at = 0; at < row->size(); ++at) {
        sink.field(plan_.fields[at].name);
        WALFERRY_TRYV(write_value_of(at, value_at(*row, old, at), use, sink));
    }
    sink.end_struct();
    return success();
}

Status TableEncoder::write_value_of(std::size_t at, const ColumnValue& value, Use use, AvroSink& sink) {
    const FieldPlan& field = plan_.fields[at];
    if (value.kind == ValueKind::Null) return write_null(at, use, sink);
    if (value.kind == ValueKind::UnchangedToast) {
        if (use == Use::Key) return unfit(field, "a key that the stream left out as unchanged");
        if (field.type.placeholder == Placeholder::Null) return write_null(at, use, sink);
        write_placeholder(field.type.placeholder, avro_->unavailable, sink);
        return success();
    }
    switch (write_value(field, value, sink)) {
        case Carried::Whole:
            return success();
        case Carried::Not:
            if (use == Use::Key) return unfit(field, "a value in a key that becomes null");
            ++lost_values_;
            return write_null(at, Use::NewRow, sink);
        case Carried::OutOfRange:
            return unfit(field, "a value that its Connect type can't hold");
        case Carried::Invalid:
            break;
    }
    return unfit(field, "not a value of the type that is known");
}

Status TableEncoder::write_null(std::size_t at, Use use, AvroSink& sink) const {
    if (sink.takes_null()) {
        sink.null();
        return success();
    }
    if (use != Use::OldRow || avro_->fillers[at].empty())
        return unfit(plan_.fields[at], "null, or a value that becomes null, in a field that may not be");
    sink.encoded(avro_->fillers[at]);
    return success();
}

}  // namespace walferry::publish
