#include "publish/message_records.h"

#include <cassert>

#include "publish/avro_envelope.h"
#include "publish/avro_subject.h"
#include "publish/json_sink.h"
#include "publish/topic_names.h"
#include "publish/type_plan.h"

namespace walferry::publish {

namespace {

ConnectSchema message_key_schema() {
    ConnectSchema schema = plain_schema(ConnectType::Struct);
    schema.name = "io.debezium.connector.postgresql.MessageKey";
    schema.version = 1;
    schema.fields = {{"prefix", plain_schema(ConnectType::String, true)}};
    return schema;
}

ConnectSchema message_value_schema(const ValueOptions& options) {
    ConnectSchema content = bytea_plan(options).schema;
    content.optional = true;
    ConnectSchema message = plain_schema(ConnectType::Struct);
    message.name = "io.debezium.connector.postgresql.Message";
    message.version = 1;
    message.fields = {{"prefix", plain_schema(ConnectType::String, true)}, {"content", content}};
    ConnectSchema schema = plain_schema(ConnectType::Struct);
    schema.name = "io.debezium.connector.postgresql.MessageValue";
    schema.version = 1;
    schema.fields = {{"op", plain_schema(ConnectType::String)},
                     {"ts_ms", plain_schema(ConnectType::Int64, true)},
                     {"source", source_schema()},
                     {"transaction", transaction_schema()},
                     {"message", message}};
    return schema;
}

ConnectSchema heartbeat_schema(const std::string& name, const std::string& field, ConnectType type) {
    ConnectSchema schema = plain_schema(ConnectType::Struct);
    schema.name = "io.debezium.connector.common." + name;
    schema.version = 1;
    schema.fields = {{field, plain_schema(type)}};
    return schema;
}

}  // namespace

struct MessageRecords::Avro {
    SchemaRegistrar* registrar;
    AvroSubject message_key, message_value, heartbeat_key, heartbeat_value;
    AvroEnvelope envelope;
    std::string server;
};

MessageRecords::MessageRecords(const EnvelopeSettings& settings)
    : envelope_(settings),
      content_form_(bytea_plan(settings.values).format.bytes),
      schemas_(settings.schemas && settings.format == RecordFormat::Json),
      message_topic_(message_topic(settings.topic_prefix)),
      heartbeat_topic_(heartbeat_topic(settings.topic_prefix)),
      message_key_head_(schema_head(message_key_schema(), schemas_)),
      message_value_head_(schema_head(message_value_schema(settings.values), schemas_)),
      heartbeat_value_head_(
          schema_head(heartbeat_schema("Heartbeat", "ts_ms", ConnectType::Int64), schemas_)) {
    heartbeat_key_ =
        schema_head(heartbeat_schema("ServerNameKey", "serverName", ConnectType::String), schemas_);
    heartbeat_key_ += "{\"serverName\":";
    append_escaped(heartbeat_key_, settings.topic_prefix);
    heartbeat_key_ += schemas_ ? "}}" : "}";
    if (settings.format == RecordFormat::Json) return;
    assert(settings.registrar != nullptr);
    const auto server_key = heartbeat_schema("ServerNameKey", "serverName", ConnectType::String);
    const auto heartbeat = heartbeat_schema("Heartbeat", "ts_ms", ConnectType::Int64);
    avro_ = std::make_unique<Avro>(Avro{
        settings.registrar, AvroSubject(message_topic_ + "-key", message_key_schema()),
        AvroSubject(message_topic_ + "-value", message_value_schema(settings.values)),
        AvroSubject(heartbeat_topic_ + "-key", server_key),
        AvroSubject(heartbeat_topic_ + "-value", heartbeat), AvroEnvelope(settings), settings.topic_prefix});
}

MessageRecords::~MessageRecords() = default;

Status MessageRecords::prepare_messages() {
    if (!avro_) return success();
    WALFERRY_TRYV(avro_->message_key.prepare(*avro_->registrar));
    return avro_->message_value.prepare(*avro_->registrar);
}

Status MessageRecords::prepare_heartbeats() {
    if (!avro_) return success();
    WALFERRY_TRYV(avro_->heartbeat_key.prepare(*avro_->registrar));
    return avro_->heartbeat_value.prepare(*avro_->registrar);
}

void MessageRecords::append_message(const EventSource& source, std::string_view prefix,
                                    std::string_view content, TransactionRecords* transactions,
                                    RecordBatch& batch) const {
    std::optional<TransactionOrder> order;
    if (transactions != nullptr && source.transaction_id) {
        order = transactions->next(source, "message", batch);
    }
    if (avro_) {
        append_avro_message(source, prefix, content, order, batch);
        return;
    }
    std::string& to = batch.bytes();
    std::size_t first = to.size();
    to += message_key_head_;
    to += "{\"prefix\":";
    append_escaped(to, prefix);
    to += schemas_ ? "}}" : "}";
    const Slice key = batch.since(first);
    first = to.size();
    to += message_value_head_;
    to += "{\"op\":\"m\",\"ts_ms\":";
    append_number(to, source.published_ns / 1'000'000);
    to += ',';
    envelope_.append_source(to, source, "\"\"", "\"\"");
    to += ',';
    EnvelopeWriter::append_transaction(to, source, order);
    to += ",\"message\":{\"prefix\":";
    append_escaped(to, prefix);
    to += ",\"content\":";
    ValueFormat format;
    format.bytes = content_form_;
    write_binary_bytea(format, content, batch.sink());
    to += schemas_ ? "}}}" : "}}";
    batch.add({message_topic_, key, batch.since(first)});
}

void MessageRecords::append_heartbeat(std::int64_t unix_ms, RecordBatch& batch) const {
    if (avro_) {
        append_avro_heartbeat(unix_ms, batch);
        return;
    }
    std::string& to = batch.bytes();
    std::size_t first = to.size();
    to += heartbeat_key_;
    const Slice key = batch.since(first);
    first = to.size();
    to += heartbeat_value_head_;
    to += "{\"ts_ms\":";
    append_number(to, unix_ms);
    to += schemas_ ? "}}" : "}";
    batch.add({heartbeat_topic_, key, batch.since(first)});
}

void MessageRecords::append_avro_message(const EventSource& source, std::string_view prefix,
                                         std::string_view content,
                                         const std::optional<TransactionOrder>& order,
                                         RecordBatch& batch) const {
    AvroSink& sink = batch.avro_sink();
    std::size_t first = batch.byte_count();
    avro_->message_key.begin(batch.bytes(), sink);
    sink.begin_struct();
    sink.field("prefix");
    sink.text(prefix);
    sink.end_struct();
    const Slice key = batch.since(first);
    first = batch.byte_count();
    avro_->message_value.begin(batch.bytes(), sink);
    sink.begin_struct();
    sink.field("op");
    sink.text("m");
    sink.field("ts_ms");
    sink.integer(unix_millis_of(source.published_ns));
    avro_->envelope.write_source(sink, source, "", "");
    AvroEnvelope::write_transaction(sink, source, order);
    sink.field("message");
    sink.begin_struct();
    sink.field("prefix");
    sink.text(prefix);
    sink.field("content");
    ValueFormat format;
    format.bytes = content_form_;
    write_binary_bytea(format, content, sink);
    sink.end_struct();
    sink.end_struct();
    batch.add({message_topic_, key, batch.since(first)});
}

void MessageRecords::append_avro_heartbeat(std::int64_t unix_ms, RecordBatch& batch) const {
    AvroSink& sink = batch.avro_sink();
    std::size_t first = batch.byte_count();
    avro_->heartbeat_key.begin(batch.bytes(), sink);
    sink.begin_struct();
    sink.field("serverName");
    sink.text(avro_->server);
    sink.end_struct();
    const Slice key = batch.since(first);
    first = batch.byte_count();
    avro_->heartbeat_value.begin(batch.bytes(), sink);
    sink.begin_struct();
    sink.field("ts_ms");
    sink.integer(unix_ms);
    sink.end_struct();
    batch.add({heartbeat_topic_, key, batch.since(first)});
}

}  // namespace walferry::publish
