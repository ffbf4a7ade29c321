#include "publish/avro_envelope.h"

#include "publish/json_sink.h"

namespace walferry::publish {

namespace {

void write_text_field(AvroSink& sink, std::string_view name, std::string_view text) {
    sink.field(name);
    sink.text(text);
}

void write_number_field(AvroSink& sink, std::string_view name, std::optional<std::int64_t> number) {
    sink.field(name);
    if (number) {
        sink.integer(*number);
    } else {
        sink.null();
    }
}

std::optional<std::int64_t> number_of(const std::optional<Lsn>& lsn) {
    if (!lsn) return std::nullopt;
    return static_cast<std::int64_t>(lsn->value);
}

/// ["end of the previous commit","lsn"], either may be null.
std::string_view sequence_text(AvroSink& sink, const EventSource& source) {
    std::string& text = sink.scratch();
    for (const auto& lsn : {source.previous_commit, source.sequence_lsn}) {
        text += text.empty() ? '[' : ',';
        if (const auto number = number_of(lsn)) {
            text += '"';
            append_number(text, *number);
            text += '"';
        } else {
            text += "null";
        }
    }
    text += ']';
    return text;
}

}  // namespace

void AvroEnvelope::write_source(AvroSink& sink, const EventSource& source, std::string_view schema,
                                std::string_view table) const {
    const std::int64_t micros = unix_micros(source.time);
    sink.field("source");
    sink.begin_struct();
    write_text_field(sink, "version", version_);
    write_text_field(sink, "connector", "postgresql");
    write_text_field(sink, "name", prefix_);
    write_number_field(sink, "ts_ms", unix_millis(source.time));
    write_text_field(sink, "snapshot", source.snapshot);
    write_text_field(sink, "db", database_);
    write_text_field(sink, "sequence", sequence_text(sink, source));
    write_number_field(sink, "ts_us", micros);
    write_number_field(sink, "ts_ns", micros * 1000);
    write_text_field(sink, "schema", schema);
    write_text_field(sink, "table", table);
    write_number_field(sink, "txId", source.transaction_id);
    write_number_field(sink, "lsn", number_of(source.lsn));
    write_number_field(sink, "xmin", source.xmin);
    sink.field("origin");
    if (source.origin) {
        sink.text(*source.origin);
    } else {
        sink.null();
    }
    write_number_field(sink, "origin_lsn", number_of(source.origin_lsn));
    sink.end_struct();
}

void AvroEnvelope::write_transaction_id(AvroSink& sink, const EventSource& source) {
    std::string& text = sink.scratch();
    append_number(text, source.transaction_id.value_or(0));
    text += ':';
    append_number(text, static_cast<std::int64_t>(source.lsn.value_or(Lsn{}).value));
    write_text_field(sink, "id", text);
}

void AvroEnvelope::write_transaction(AvroSink& sink, const EventSource& source,
                                     const std::optional<TransactionOrder>& order) {
    sink.field("transaction");
    if (!order) {
        sink.null();
        return;
    }
    sink.begin_struct();
    write_transaction_id(sink, source);
    write_number_field(sink, "total_order", order->total);
    write_number_field(sink, "data_collection_order", order->collection);
    sink.end_struct();
}

void AvroEnvelope::write_times(AvroSink& sink, const EventSource& source) {
    write_number_field(sink, "ts_ms", unix_millis_of(source.published_ns));
    write_number_field(sink, "ts_us", unix_micros_of(source.published_ns));
    write_number_field(sink, "ts_ns", source.published_ns);
}

}  // namespace walferry::publish
