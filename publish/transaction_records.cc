#include "publish/transaction_records.h"

#include <algorithm>
#include <cassert>

#include "publish/avro_envelope.h"
#include "publish/avro_subject.h"
#include "publish/json_sink.h"
#include "publish/topic_names.h"

namespace walferry::publish {

namespace {

ConnectSchema transaction_key_schema() {
    ConnectSchema schema = plain_schema(ConnectType::Struct);
    schema.name = "io.debezium.connector.common.TransactionMetadataKey";
    schema.version = 1;
    schema.fields = {{"id", plain_schema(ConnectType::String)}};
    return schema;
}

ConnectSchema transaction_value_schema() {
    ConnectSchema count = plain_schema(ConnectType::Struct);
    count.name = "event.collection";
    count.version = 1;
    count.fields = {{"data_collection", plain_schema(ConnectType::String)},
                    {"event_count", plain_schema(ConnectType::Int64)}};
    ConnectSchema counts = plain_schema(ConnectType::Array, true);
    counts.items = {count};
    ConnectSchema schema = plain_schema(ConnectType::Struct);
    schema.name = "io.debezium.connector.common.TransactionMetadataValue";
    schema.version = 1;
    schema.fields = {{"status", plain_schema(ConnectType::String)},
                     {"id", plain_schema(ConnectType::String)},
                     {"event_count", plain_schema(ConnectType::Int64, true)},
                     {"data_collections", counts},
                     {"ts_ms", plain_schema(ConnectType::Int64)}};
    return schema;
}

}  // namespace

struct TransactionRecords::Avro {
    SchemaRegistrar* registrar;
    AvroSubject key, value;
};

TransactionRecords::TransactionRecords(const EnvelopeSettings& settings)
    : topic_(transaction_topic(settings.topic_prefix)),
      schemas_(settings.schemas && settings.format == RecordFormat::Json) {
    key_head_ = schema_head(transaction_key_schema(), schemas_);
    value_head_ = schema_head(transaction_value_schema(), schemas_);
    if (settings.format == RecordFormat::Json) return;
    assert(settings.registrar != nullptr);
    avro_ = std::make_unique<Avro>(Avro{settings.registrar,
                                        AvroSubject(topic_ + "-key", transaction_key_schema()),
                                        AvroSubject(topic_ + "-value", transaction_value_schema())});
}

TransactionRecords::~TransactionRecords() = default;

Status TransactionRecords::prepare() {
    if (!avro_) return success();
    WALFERRY_TRYV(avro_->key.prepare(*avro_->registrar));
    return avro_->value.prepare(*avro_->registrar);
}

TransactionOrder TransactionRecords::next(const EventSource& source, std::string_view collection,
                                          RecordBatch& batch) {
    if (total_ == 0) append_record(source, true, batch);
    ++total_;
    Collection* counted = find(collection);
    if (counted == nullptr) {
        if (used_ == collections_.size()) collections_.emplace_back();
        counted = &collections_[used_++];
        counted->name = collection;
        counted->events = 0;
    }
    return {total_, ++counted->events};
}

void TransactionRecords::take_back(std::string_view collection, std::int64_t count) {
    Collection* counted = find(collection);
    if (counted == nullptr) return;
    total_ -= count;
    counted->events -= count;
    if (counted->events == 0) --used_;  // it came last
}

TransactionRecords::Collection* TransactionRecords::find(std::string_view name) {
    const auto end = collections_.begin() + static_cast<std::ptrdiff_t>(used_);
    const auto found = std::find_if(collections_.begin(), end,
                                    [&](const Collection& counted) { return counted.name == name; });
    return found == end ? nullptr : &*found;
}

void TransactionRecords::end(const EventSource& source, RecordBatch& batch) {
    if (total_ != 0) append_record(source, false, batch);
    reset();
}

void TransactionRecords::reset() {
    total_ = 0;
    used_ = 0;
}

void TransactionRecords::append_record(const EventSource& source, bool begin, RecordBatch& batch) const {
    if (avro_) {
        append_avro_record(source, begin, batch);
        return;
    }
    std::string& to = batch.bytes();
    const auto append_id = [&] {
        to += "\"id\":\"";
        append_number(to, source.transaction_id.value_or(0));
        to += ':';
        append_number(to, static_cast<std::int64_t>(source.lsn.value_or(Lsn{}).value));
        to += '"';
    };
    std::size_t first = to.size();
    to += key_head_;
    to += '{';
    append_id();
    to += schemas_ ? "}}" : "}";
    const Slice key = batch.since(first);
    first = to.size();
    to += value_head_;
    to += begin ? "{\"status\":\"BEGIN\"," : "{\"status\":\"END\",";
    append_id();
    if (begin) {
        to += ",\"event_count\":null,\"data_collections\":null";
    } else {
        to += ",\"event_count\":";
        append_number(to, total_);
        to += ",\"data_collections\":[";
        for (std::size_t i = 0; i < used_; ++i) {
            to += i == 0 ? "{\"data_collection\":" : ",{\"data_collection\":";
            append_escaped(to, collections_[i].name);
            to += ",\"event_count\":";
            append_number(to, collections_[i].events);
            to += '}';
        }
        to += ']';
    }
    to += ",\"ts_ms\":";
    append_number(to, unix_millis(source.time));
    to += schemas_ ? "}}" : "}";
    batch.add({topic_, key, batch.since(first)});
}

void TransactionRecords::append_avro_record(const EventSource& source, bool begin, RecordBatch& batch) const {
    AvroSink& sink = batch.avro_sink();
    std::size_t first = batch.byte_count();
    avro_->key.begin(batch.bytes(), sink);
    sink.begin_struct();
    AvroEnvelope::write_transaction_id(sink, source);
    sink.end_struct();
    const Slice key = batch.since(first);
    first = batch.byte_count();
    avro_->value.begin(batch.bytes(), sink);
    sink.begin_struct();
    sink.field("status");
    sink.text(begin ? "BEGIN" : "END");
    AvroEnvelope::write_transaction_id(sink, source);
    sink.field("event_count");
    if (begin) {
        sink.null();
    } else {
        sink.integer(total_);
    }
    sink.field("data_collections");
    if (begin) {
        sink.null();
    } else {
        sink.begin_array();
        for (std::size_t i = 0; i < used_; ++i) {
            sink.item();
            sink.begin_struct();
            sink.field("data_collection");
            sink.text(collections_[i].name);
            sink.field("event_count");
            sink.integer(collections_[i].events);
            sink.end_struct();
        }
        sink.end_array();
    }
    sink.field("ts_ms");
    sink.integer(unix_millis(source.time));
    sink.end_struct();
    batch.add({topic_, key, batch.since(first)});
}

}  // namespace walferry::publish
