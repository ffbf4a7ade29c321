#include "publish/envelope.h"

#include "publish/json_sink.h"

namespace walferry::publish {

namespace {

constexpr std::int64_t pg_epoch_micros = 946'684'800'000'000;

std::int64_t floor_div(std::int64_t value, std::int64_t by) {
    return value / by - (value % by < 0 ? 1 : 0);
}

std::int64_t lsn_number(Lsn lsn) {
    return static_cast<std::int64_t>(lsn.value);
}

template <class T, class ToNumber>
void append_or_null(std::string& to, const std::optional<T>& value, ToNumber number) {
    if (value) {
        append_number(to, number(*value));
    } else {
        to += "null";
    }
}

std::int64_t itself(std::int64_t number) {
    return number;
}

/// A JSON array in a JSON string.
void append_sequence(std::string& to, const EventSource& source) {
    bool first = true;
    to += "\"[";
    for (const auto& lsn : {source.previous_commit, source.sequence_lsn}) {
        if (!first) to += ',';
        first = false;
        if (lsn) to += "\\\"";
        append_or_null(to, lsn, lsn_number);
        if (lsn) to += "\\\"";
    }
    to += "]\"";
}

}  // namespace

std::int64_t unix_millis(PgTime time) {
    return floor_div(time + pg_epoch_micros, 1000);
}

std::int64_t unix_micros(PgTime time) {
    return time + pg_epoch_micros;
}

std::int64_t unix_millis_of(std::int64_t nanoseconds) {
    return floor_div(nanoseconds, 1'000'000);
}

std::int64_t unix_micros_of(std::int64_t nanoseconds) {
    return floor_div(nanoseconds, 1000);
}

EnvelopeWriter::EnvelopeWriter(const EnvelopeSettings& settings) {
    head_ = "\"source\":{\"version\":";
    append_escaped(head_, settings.version);
    head_ += ",\"connector\":\"postgresql\",\"name\":";
    append_escaped(head_, settings.topic_prefix);
    head_ += ",\"ts_ms\":";
    append_escaped(database_, settings.database);
}

void EnvelopeWriter::append_source(std::string& to, const EventSource& source, std::string_view schema,
                                   std::string_view table) const {
    const std::int64_t micros = unix_micros(source.time);
    to += head_;
    append_number(to, unix_millis(source.time));
    to += ",\"snapshot\":\"";
    to += source.snapshot;
    to += "\",\"db\":";
    to += database_;
    to += ",\"sequence\":";
    append_sequence(to, source);
    to += ",\"ts_us\":";
    append_number(to, micros);
    to += ",\"ts_ns\":";
    append_number(to, micros * 1000);
    to += ",\"schema\":";
    to += schema;
    to += ",\"table\":";
    to += table;
    to += ",\"txId\":";
    append_or_null(to, source.transaction_id, itself);
    to += ",\"lsn\":";
    append_or_null(to, source.lsn, lsn_number);
    to += ",\"xmin\":";
    append_or_null(to, source.xmin, itself);
    to += ",\"origin\":";
    if (source.origin) {
        append_escaped(to, *source.origin);
    } else {
        to += "null";
    }
    to += ",\"origin_lsn\":";
    append_or_null(to, source.origin_lsn, lsn_number);
    to += '}';
}

void EnvelopeWriter::append_transaction(std::string& to, const EventSource& source,
                                        const std::optional<TransactionOrder>& order) {
    to += "\"transaction\":";
    if (!order) {
        to += "null";
        return;
    }
    to += "{\"id\":\"";
    append_number(to, source.transaction_id.value_or(0));
    to += ':';
    append_number(to, lsn_number(source.lsn.value_or(Lsn{})));
    to += "\",\"total_order\":";
    append_number(to, order->total);
    to += ",\"data_collection_order\":";
    append_number(to, order->collection);
    to += '}';
}

void EnvelopeWriter::append_times(std::string& to, const EventSource& source) {
    to += "\"ts_ms\":";
    append_number(to, unix_millis_of(source.published_ns));
    to += ",\"ts_us\":";
    append_number(to, unix_micros_of(source.published_ns));
    to += ",\"ts_ns\":";
    append_number(to, source.published_ns);
}

ConnectSchema plain_schema(ConnectType type, bool optional) {
    ConnectSchema schema;
    schema.type = type;
    schema.optional = optional;
    return schema;
}

ConnectSchema source_schema() {
    const auto text = plain_schema(ConnectType::String);
    const auto maybe_text = plain_schema(ConnectType::String, true);
    const auto maybe_number = plain_schema(ConnectType::Int64, true);
    ConnectSchema snapshot = maybe_text;
    snapshot.name = "io.debezium.data.Enum";
    snapshot.version = 1;
    snapshot.parameters = {
        {"allowed", "true,first,first_in_data_collection,last_in_data_collection,last,false,incremental"}};
    snapshot.default_json = "\"false\"";
    ConnectSchema schema = plain_schema(ConnectType::Struct);
    schema.name = "io.debezium.connector.postgresql.Source";
    schema.version = 1;
    schema.fields = {{"version", text},        {"connector", text},
                     {"name", text},           {"ts_ms", plain_schema(ConnectType::Int64)},
                     {"snapshot", snapshot},   {"db", text},
                     {"sequence", maybe_text}, {"ts_us", maybe_number},
                     {"ts_ns", maybe_number},  {"schema", text},
                     {"table", text},          {"txId", maybe_number},
                     {"lsn", maybe_number},    {"xmin", maybe_number},
                     {"origin", maybe_text},   {"origin_lsn", maybe_number}};
    return schema;
}

ConnectSchema transaction_schema() {
    ConnectSchema schema = plain_schema(ConnectType::Struct, true);
    schema.name = "event.block";
    schema.version = 1;
    schema.fields = {{"id", plain_schema(ConnectType::String)},
                     {"total_order", plain_schema(ConnectType::Int64)},
                     {"data_collection_order", plain_schema(ConnectType::Int64)}};
    return schema;
}

ConnectSchema envelope_schema(const std::string& topic, const ConnectSchema& row) {
    const auto maybe_number = plain_schema(ConnectType::Int64, true);
    ConnectSchema schema = plain_schema(ConnectType::Struct);
    schema.name = topic + ".Envelope";
    schema.version = 2;
    schema.fields = {{"before", row},
                     {"after", row},
                     {"source", source_schema()},
                     {"transaction", transaction_schema()},
                     {"op", plain_schema(ConnectType::String)},
                     {"ts_ms", maybe_number},
                     {"ts_us", maybe_number},
                     {"ts_ns", maybe_number}};
    return schema;
}

std::string schema_head(const ConnectSchema& schema, bool schemas) {
    if (!schemas) return {};
    std::string head = "{\"schema\":";
    append_schema_json(head, schema);
    return head + ",\"payload\":";
}

}  // namespace walferry::publish
