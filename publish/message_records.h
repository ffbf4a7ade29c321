#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "publish/envelope.h"
#include "publish/record_batch.h"
#include "publish/transaction_records.h"
#include "publish/values/value_writer.h"

namespace walferry::publish {

/// Makes the records that belong to no table: logical messages (pg_logical_emit_message) and heartbeats. One
/// thread.
class MessageRecords {
 public:
    explicit MessageRecords(const EnvelopeSettings& settings);
    ~MessageRecords();

    /// Registers the schemas of Avro, unless that is done; before the first record of each sort. Nothing for
    /// JSON. Kinds: those of SchemaRegistrar.
    Status prepare_messages();
    Status prepare_heartbeats();

    /// An `m` event. `transactions` counts it, where metadata is wanted and the message is transactional:
    /// then, and only then, `source` has a transaction id.
    void append_message(const EventSource& source, std::string_view prefix, std::string_view content,
                        TransactionRecords* transactions, RecordBatch& batch) const;

    void append_heartbeat(std::int64_t unix_ms, RecordBatch& batch) const;

 private:
    struct Avro;

    void append_avro_message(const EventSource& source, std::string_view prefix, std::string_view content,
                             const std::optional<TransactionOrder>& order, RecordBatch& batch) const;
    void append_avro_heartbeat(std::int64_t unix_ms, RecordBatch& batch) const;

    EnvelopeWriter envelope_;
    BytesForm content_form_;
    bool schemas_;
    std::string message_topic_, heartbeat_topic_;
    std::string message_key_head_, message_value_head_, heartbeat_key_, heartbeat_value_head_;
    std::unique_ptr<Avro> avro_;  ///< null: JSON
};

}  // namespace walferry::publish
