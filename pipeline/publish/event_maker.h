#pragma once

#include <memory>
#include <optional>

#include "capture/change_source.h"
#include "pipeline/publish/publish_checkpoint.h"
#include "pipeline/publish/table_encoders.h"
#include "publish/message_records.h"
#include "publish/outbox_router.h"
#include "publish/record_batch.h"
#include "publish/transaction_records.h"

namespace walferry::publish {

/// Turns the events of a source into records, and knows up to where all of it is in them. One thread.
class EventMaker {
 public:
    /// `from`: where the stream begins. What is passed outlives it.
    EventMaker(const PublishOptions& options, const EnvelopeSettings& settings, TableEncoders& encoders,
               const PublishCheckpoint& from);

    /// Before the first event: has the schemas of what is no table's registered, where records are Avro. Kind
    /// Connection may be tried again.
    Status prepare(const PublishOptions& options);

    /// Adds the event's records to the batch. A row that can't be an event becomes a dead letter.
    Status take_in(const SourceEvent& event);

    void append_heartbeat();

    RecordBatch& batch() { return batch_; }
    bool in_transaction() const { return in_transaction_; }

    /// Everything that was committed before it has been taken in, and nothing of what comes after it, unless
    /// `in_transaction`.
    Lsn position() const { return position_; }
    Lsn previous_commit() const { return source_.previous_commit.value_or(Lsn{}); }

    /// Since the last `settled`, that is in records which are not committed in Kafka: changes and messages,
    /// the commit time of the oldest transaction (0: none), and that of the newest.
    std::uint64_t events() const { return events_; }
    std::uint64_t messages() const { return messages_; }
    PgTime oldest_commit() const { return oldest_commit_; }
    PgTime newest_commit() const { return newest_commit_; }
    void settled();

 private:
    void begin(const Transaction& transaction);
    Status change(const ChangeEvent& change);
    Status encode(EncodedTable& table, const ChangeEvent& change);
    Status route(EncodedTable& table, const ChangeEvent& change);
    void commit(const Transaction& transaction);
    void message(const LogicalMessage& message);
    void bury(EncodedTable& table, const ChangeEvent& change, const Error& error);

    TableEncoders& encoders_;
    std::string dead_letter_topic_;
    std::string outbox_table_;
    std::optional<OutboxRouter> router_;
    std::vector<OutboxRouter> spent_routers_;
    MessageRecords messages_and_heartbeats_;
    std::optional<TransactionRecords> transactions_;
    RecordBatch batch_;
    EventSource source_;
    Lsn position_;
    bool in_transaction_ = false;
    std::uint64_t events_ = 0;
    std::uint64_t messages_ = 0;
    std::uint64_t letters_ = 0;  ///< the first of each commit is logged
    PgTime oldest_commit_ = 0, newest_commit_ = 0;
};

/// Our clock.
std::int64_t unix_nanoseconds_now();

}  // namespace walferry::publish
