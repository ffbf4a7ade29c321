#include "publish/message_records.h"

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

MessageRecords::MessageRecords(const EnvelopeSettings& settings)
    : envelope_(settings),
      content_form_(bytea_plan(settings.values).format.bytes),
      schemas_(settings.schemas),
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
}

void MessageRecords::append_message(const EventSource& source, std::string_view prefix,
                                    std::string_view content, TransactionRecords* transactions,
                                    RecordBatch& batch) const {
    std::optional<TransactionOrder> order;
    if (transactions != nullptr && source.transaction_id) {
        order = transactions->next(source, "message", batch);
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

}  // namespace walferry::publish
