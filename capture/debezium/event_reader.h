#pragma once

#include <memory>

#include "capture/debezium/event.h"
#include "capture/debezium/options.h"
#include "capture/kafka/kafka_record.h"
#include "model/error.h"

namespace walferry::debezium {

class RecordReader;

/// One record of Kafka in, what it says out; no I/O. Takes what JsonConverter writes, with and without
/// schemas (told apart for each record), of Debezium 1.0 to 3.x. Whatever the bytes are, the answer is an
/// event or an error of kind Data, which concerns this record alone; topic, position, headers and bytes for
/// its letter are the caller's. In the steady state nothing is allocated. Not thread-safe.
class EventReader {
 public:
    explicit EventReader(Options options, TableKnowledge knowledge = {});
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
