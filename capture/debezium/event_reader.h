#pragma once

#include <memory>

#include "capture/debezium/event.h"
#include "capture/debezium/options.h"
#include "capture/kafka/kafka_record.h"
#include "kafka/schema_source.h"
#include "model/error.h"

namespace walferry::debezium {

class RecordReader;

/// One record of Kafka in, what it says out; no I/O but for schemas. Takes what JsonConverter writes, with
/// and without schemas (told apart for each record), or Avro in Confluent's wire format, of Debezium 1.0
/// to 3.x. Whatever the bytes are, the answer is an event or an error of kind Data, which concerns this
/// record alone; topic, position, headers and bytes for its letter are the caller's. With Avro there may be
/// an error of SchemaSource too, e.g. of kind Connection: the record can be read again then. In the steady
/// state nothing is allocated. Not thread-safe.
class EventReader {
 public:
    /// `schemas` is for Options::format Avro, which wants it, and outlives the reader.
    explicit EventReader(Options options, TableKnowledge knowledge = {}, SchemaSource* schemas = nullptr);
    ~EventReader();
    EventReader(EventReader&&) noexcept;
    EventReader& operator=(EventReader&&) noexcept;

    /// The event holds until the next call.
    Result<Event> read(const KafkaRecord& record);

    /// To be called when what TableKnowledge says has changed: shapes are looked for anew. Those that were
    /// given out hold.
    void forget_shapes();

 private:
    std::unique_ptr<RecordReader> reader_;
};

}  // namespace walferry::debezium
