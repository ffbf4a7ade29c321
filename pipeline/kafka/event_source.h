#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "capture/change_source.h"
#include "capture/debezium/event_reader.h"
#include "capture/kafka/kafka_consumer.h"
#include "capture/kafka/kept_record.h"
#include "checkpoint/kafka_offset_store.h"
#include "kafka/schema_source.h"
#include "pipeline/kafka/event_shapes.h"
#include "pipeline/kafka/offset_ledger.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// Debezium's topics as a source of changes: consumer, reader of events and ledger put together. Each record
/// that changes something, or can't be read, comes as a transaction of its own; its position is that of the
/// ledger, and what a change itself bears is source.lsn. Partitions are taken over in the warehouse as the
/// group gives them to us, and given up after what was read of them is applied. The reader's thread.
class EventSource final : public ChangeSource, private KafkaAssignments {
 public:
    struct Parts {
        KafkaConsumerOptions consumer;
        debezium::Options options;
        debezium::TableKnowledge knowledge;
        std::shared_ptr<SchemaSource> schemas;  ///< null where records are not Avro
        Warehouse& warehouse;
        EventShapes& shapes;
        std::shared_ptr<OffsetLedger> ledger;
        KafkaOffsetStore offsets;
        /// Applies all that was read, and waits for it; called before partitions go to another worker.
        std::function<Status()> settle;
    };

    /// Joins the group. Kinds as KafkaConsumer::open.
    static Result<std::unique_ptr<EventSource>> open(Parts parts, std::stop_token stop);

    Result<SourceEvent> next() override;
    /// Tells Kafka, for the eyes of tools that show a group's lag.
    Status acknowledge(Lsn durable) override;
    Status keep_alive() override;
    Status request_position() override { return success(); }
    void wait(int wake, std::chrono::milliseconds time_max) override;

    KafkaConsumer& consumer() { return *consumer_; }

 private:
    enum class Step { Idle, Change, Commit };

    explicit EventSource(Parts parts)
        : parts_(std::move(parts)), reader_(parts_.options, parts_.knowledge, parts_.schemas.get()) {}

    Result<bool> take_next();
    const KafkaRecord* ahead(std::size_t place);
    std::size_t second_half();
    bool take_key_change(std::size_t second);
    bool keep_for_later();
    Result<bool> take(const KafkaRecord& record);
    bool take_change(const debezium::RowChange& change, const KafkaRecord& record);
    bool take_unreadable(Error error, std::string_view table, const KafkaRecord& record);
    void make_row(const EventShapes::Mapping& mapping, TupleData row, std::vector<ColumnValue>& to);
    void begin(const KafkaRecord& record, Lsn lsn, PgTime time, std::uint32_t xid);
    const std::string& lasting(std::string_view topic);
    Lsn lsn_of(const debezium::SourceBlock& source, const KafkaRecord& record);
    void note_positions();
    Result<int> partition_count(std::string_view topic);

    Result<std::vector<std::int64_t>> assigned(std::span<const KafkaPartition> partitions) override;
    Status revoked(std::span<const KafkaPartition> partitions) override;
    Status lost(std::span<const KafkaPartition> partitions) override;

    Parts parts_;
    debezium::EventReader reader_;
    std::unique_ptr<WarehouseSession> session_;  ///< for offsets
    std::unique_ptr<KafkaConsumer> consumer_;

    std::span<const KafkaRecord> records_;
    std::size_t next_record_ = 0;
    /// The first half of a key's change, read at the end of a poll; the second one may come in the next.
    std::list<KeptRecord> kept_;
    KafkaRecord kept_view_;
    std::list<KeptRecord> given_;  ///< the one that the last event looks into
    Step step_ = Step::Idle;
    bool unreadable_ = false;
    Lsn position_{1}, told_{1};
    std::chrono::steady_clock::time_point next_told_{};  ///< when Kafka is told offsets again
    Transaction transaction_;
    ChangeEvent change_;
    UnreadableRecord letter_;
    Error error_;
    RecordOrigin origin_;
    KafkaPartition partition_;  ///< of the record that is being taken
    std::int64_t next_offset_ = 0;
    std::vector<ColumnValue> before_, after_;
    std::string message_, raw_;
    std::string table_;
    std::set<std::string, std::less<>> topics_;
    std::map<std::string, int, std::less<>> partition_counts_;
    KafkaOffsets noted_;  ///< in the ledger, past what has records
    std::map<std::pair<std::string, std::int32_t>, Lsn> last_lsns_;
};

}  // namespace walferry
