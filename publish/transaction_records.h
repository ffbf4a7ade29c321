#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "publish/envelope.h"
#include "publish/record_batch.h"

namespace walferry::publish {

/// Counts the events of a transaction (provide.transaction.metadata) and makes the records of the transaction
/// topic: BEGIN before the first event, END with the counts. A transaction without events gets neither. One
/// thread.
class TransactionRecords {
 public:
    explicit TransactionRecords(const EnvelopeSettings& settings);
    ~TransactionRecords();

    /// Registers the schemas of Avro, unless that is done; before the first record. Nothing for JSON. Kinds:
    /// those of SchemaRegistrar.
    Status prepare();

    /// The next event's place. `collection` is its schema.table, or what stands for it. The first event's
    /// source gives BEGIN its id.
    TransactionOrder next(const EventSource& source, std::string_view collection, RecordBatch& batch);

    /// Counts the last `count` events of a collection no more: they were not made.
    void take_back(std::string_view collection, std::int64_t count);

    /// The transaction has ended: `source` has its commit's time and its end as `lsn`.
    void end(const EventSource& source, RecordBatch& batch);

    /// Forgets what was counted: the transaction will be sent again.
    void reset();

 private:
    struct Collection {
        std::string name;
        std::int64_t events = 0;
    };

    Collection* find(std::string_view name);
    struct Avro;

    void append_record(const EventSource& source, bool begin, RecordBatch& batch) const;
    void append_avro_record(const EventSource& source, bool begin, RecordBatch& batch) const;

    std::string topic_;
    std::string key_head_, value_head_;
    bool schemas_;
    std::int64_t total_ = 0;
    std::vector<Collection> collections_;  ///< in use first; names are kept to save memory's allocation
    std::size_t used_ = 0;
    std::unique_ptr<Avro> avro_;  ///< null: JSON
};

}  // namespace walferry::publish
