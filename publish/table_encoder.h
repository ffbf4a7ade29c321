#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/change.h"
#include "model/error.h"
#include "publish/envelope.h"
#include "publish/record_batch.h"
#include "publish/row_plan.h"
#include "publish/transaction_records.h"

namespace walferry::publish {

struct TableAvro;

/// Makes Debezium's events of the changes of one table, in JSON or Avro. Made once for a version of its
/// relation: what does not change from row to row is bytes by then, and in the steady state nothing is
/// allocated. One thread; its records point to it, so it outlives the batch.
///
/// Kind Data, and nothing is added or counted, where a value is none of its type, can't be written without
/// being wrong, would be null in a field that the schema says never is, or would make a key of several rows.
/// Kind Schema where a row has not the table's columns.
///
/// In Avro the schemas' ids come from the registrar, in `prepare` or with the first event. Its errors leave
/// nothing behind: the same call may succeed later. Keys in headers are JSON all the same, as Debezium's are.
class TableEncoder {
 public:
    TableEncoder(PublishedTable table, const EnvelopeSettings& settings);
    ~TableEncoder();
    TableEncoder(const TableEncoder&) = delete;
    TableEncoder& operator=(const TableEncoder&) = delete;

    /// Registers the schemas of Avro, unless that is done. Nothing for JSON.
    Status prepare();

    /// A row of a snapshot: an `r` event. `source.snapshot` has the marker.
    Status append_read(TupleData row, const EventSource& source, RecordBatch& batch);

    /// A change: c, u, d or t; a key update is a d and a c. Deletes are followed by tombstones where the
    /// settings want them, without key by a record of nulls. `transactions` counts the events; null: no
    /// metadata. `change.relation` is not looked at: its columns are those of the table. A `t` is meant for
    /// every partition of the topic.
    Status append_change(const ChangeEvent& change, const EventSource& source,
                         TransactionRecords* transactions, RecordBatch& batch);

    const RowPlan& plan() const { return plan_; }

    /// Values so far that became null for want of something that carries them
    /// (docs/debezium-compatibility.md).
    std::uint64_t lost_values() const { return lost_values_; }

 private:
    /// Where a value goes: into a key nothing goes that would make different rows one; an old row has columns
    /// that the stream does not tell.
    enum class Use { Key, OldRow, NewRow };
    /// An event's rows; a null pointer is null.
    struct Images {
        const TupleData* before = nullptr;
        const TupleData* after = nullptr;
        const TupleData* old = nullptr;  ///< has what `after` lacks as unchanged
    };
    struct Key {
        std::optional<Slice> record;  ///< none: null
        Slice bare;                   ///< without schema
    };

    Status append(const ChangeEvent& change, const EventSource& source, TransactionRecords* transactions,
                  RecordBatch& batch);
    Status append_delete(const TupleData& before, const Key& key, const Key* new_key,
                         const EventSource& source, TransactionRecords* transactions, RecordBatch& batch);
    Status append_event(char op, const Images& images, const EventSource& source,
                        const std::optional<TransactionOrder>& order, RecordBatch::Entry entry,
                        RecordBatch& batch);
    Status append_members(char op, const Images& images, const EventSource& source,
                          const std::optional<TransactionOrder>& order, RecordBatch& batch);
    Result<Key> append_key(const TupleData& row, const TupleData* old, RecordBatch& batch);
    Result<Slice> append_bare_key(const TupleData& row, const TupleData* old, RecordBatch& batch);
    Status append_row(const TupleData& row, const TupleData* old, Use use, RecordBatch& batch);
    Status append_value(const FieldPlan& field, const ColumnValue& value, Use use, RecordBatch& batch);
    Status append_null(const FieldPlan& field, Use use, std::string& to) const;
    Status check_width(const TupleData& row) const;
    Error unfit(const FieldPlan& field, std::string_view why) const;
    bool key_changed(const TupleData& before, const TupleData& after) const;
    std::optional<TransactionOrder> next_order(const EventSource& source, TransactionRecords* transactions,
                                               RecordBatch& batch);

    // The same in Avro.
    Status append_avro_members(char op, const Images& images, const EventSource& source,
                               const std::optional<TransactionOrder>& order, RecordBatch& batch);
    Result<Key> append_avro_key(const TupleData& row, const TupleData* old, RecordBatch& batch);
    Status write_row(const TupleData* row, const TupleData* old, Use use, AvroSink& sink);
    Status write_value_of(std::size_t at, const ColumnValue& value, Use use, AvroSink& sink);
    Status write_null(std::size_t at, Use use, AvroSink& sink) const;

    RowPlan plan_;
    EnvelopeWriter envelope_;
    bool schemas_;
    bool tombstones_;
    std::string schema_json_, table_json_, collection_;
    std::string key_head_, value_head_;
    std::int64_t orders_ = 0;  ///< given to the event that is being made
    std::uint64_t lost_values_ = 0;
    std::unique_ptr<TableAvro> avro_;  ///< null: JSON
};

/// The value of a column, from the old row where the new one lacks it as unchanged.
const ColumnValue& value_at(const TupleData& row, const TupleData* old, std::size_t at);

}  // namespace walferry::publish
