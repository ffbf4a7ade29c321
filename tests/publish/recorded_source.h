#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/change_source.h"
#include "capture/source_catalog.h"
#include "publish/table_encoder.h"
#include "tests/publish/recorded_events.h"
#include "tests/support/pg_cluster.h"

namespace walferry::publish {

/// A record as it goes to Kafka.
struct RawRecord {
    std::string topic;
    std::optional<std::string> key, value;
    std::string key_header, other_key;  ///< of a change of the key
};

/// Encodes what comes as one connector would, and keeps the records.
class RecordingPublisher {
 public:
    RecordingPublisher(EnvelopeSettings settings, bool transactions);

    void read(const PublishedTable& table, TupleData row, const EventSource& source);
    void change(const PublishedTable& table, const ChangeEvent& change, const EventSource& source);
    void end_transaction(const EventSource& source);

    const ValueOptions& options() const { return settings_.values; }
    /// Of settings with JSON.
    const EventTopics& topics() const { return topics_; }
    /// All of them, in their order.
    const std::vector<RawRecord>& raw() const { return raw_; }

 private:
    TableEncoder& encoder(const PublishedTable& table, std::uint64_t version);
    void keep();

    EnvelopeSettings settings_;
    std::unique_ptr<TransactionRecords> transactions_;
    std::map<std::pair<TableName, std::uint64_t>, std::unique_ptr<TableEncoder>> encoders_;
    RecordBatch batch_;
    EventTopics topics_;
    std::vector<RawRecord> raw_;
};

/// The database that the recorded events come from: types.sql and behave.sql are copied, then stream.sql runs
/// and is streamed, as Debezium saw it. All publishers get everything.
void publish_recorded_source(const std::vector<RecordingPublisher*>& publishers);

}  // namespace walferry::publish
