#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kafka/schema_source.h"
#include "model/change.h"
#include "model/lsn.h"
#include "publish/connect_schema.h"
#include "publish/debezium_options.h"

namespace walferry::publish {

/// What records are written as: JSON as JsonConverter's, or Avro in Confluent's wire format.
enum class RecordFormat { Json, Avro };

/// What all events of a pipeline have in common.
struct EnvelopeSettings {
    std::string topic_prefix;  ///< also source.name
    std::string database;
    std::string version = "3.7.0.Final";  ///< source.version: the Debezium that this is equal to
    bool schemas = false;                 ///< JsonConverter's schemas.enable
    bool tombstones = true;
    ValueOptions values = {};
    RecordFormat format = RecordFormat::Json;
    /// For Avro, which wants it: gives schemas their ids. Outlives those who make records.
    SchemaRegistrar* registrar = nullptr;
};

/// Where an event comes from, and when. Views hold during the call.
struct EventSource {
    PgTime time = 0;                      ///< of the commit, or of the snapshot
    std::string_view snapshot = "false";  ///< first, …, last, true, incremental
    std::optional<std::int64_t> transaction_id;
    std::optional<Lsn> lsn;              ///< of the change; of a snapshot its position
    std::optional<Lsn> previous_commit;  ///< end of the commit before, for `sequence`
    std::optional<Lsn>
        sequence_lsn;  ///< the second of `sequence`; the same as `lsn` but in incremental reads
    std::optional<std::int64_t> xmin;
    std::optional<std::string_view> origin;
    std::optional<Lsn> origin_lsn;
    std::int64_t published_ns = 0;  ///< our clock, since 1970: the envelope's own ts_ms, ts_us, ts_ns
};

/// An event's place in its transaction, from 1.
struct TransactionOrder {
    std::int64_t total = 0;
    std::int64_t collection = 0;  ///< among those of its table
};

/// Writes the parts of an envelope that are not rows.
class EnvelopeWriter {
 public:
    explicit EnvelopeWriter(const EnvelopeSettings& settings);

    /// `"source":{…}`. `schema` and `table` as JSON strings, escaped and in quotes.
    void append_source(std::string& to, const EventSource& source, std::string_view schema,
                       std::string_view table) const;
    /// `"transaction":…`, null without an order. The id is txid:lsn, as Debezium has it.
    static void append_transaction(std::string& to, const EventSource& source,
                                   const std::optional<TransactionOrder>& order);
    /// `"ts_ms":…,"ts_us":…,"ts_ns":…`
    static void append_times(std::string& to, const EventSource& source);

 private:
    std::string head_;      ///< up to the first number
    std::string database_;  ///< as JSON
};

/// Milliseconds since 1970, and microseconds.
std::int64_t unix_millis(PgTime time);
std::int64_t unix_micros(PgTime time);
/// Of nanoseconds since 1970.
std::int64_t unix_millis_of(std::int64_t nanoseconds);
std::int64_t unix_micros_of(std::int64_t nanoseconds);

ConnectSchema source_schema();
ConnectSchema transaction_schema();
/// <topic>.Envelope, with `row` for before and after.
ConnectSchema envelope_schema(const std::string& topic, const ConnectSchema& row);

/// A schema of one type without name.
ConnectSchema plain_schema(ConnectType type, bool optional = false);

/// What stands before a payload: `{"schema":…,"payload":`, or nothing without schemas.
std::string schema_head(const ConnectSchema& schema, bool schemas);

}  // namespace walferry::publish
