#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "apply/batch.h"
#include "apply/event_rules.h"
#include "capture/change_source.h"

namespace walferry {

struct BatchLimits {
    std::uint64_t rows_max = 100'000;
    std::uint64_t bytes_max = 64ull << 20;
};

/// Finds (or makes) the table of a relation that the stream mentions for the first time; null when no rule
/// wants it.
using TableResolver = std::function<Result<std::shared_ptr<Table>>(const Relation&)>;

/// Collects the stream's events into batches, on the reader's thread. Cuts only at source commits, or within
/// a transaction that is larger than a batch (then as a step that is not complete).
class BatchBuilder {
 public:
    BatchBuilder(BatchLimits limits, TableRegistry& registry, TableResolver resolve, Lsn position);

    Status begin(const Transaction& transaction);
    Status change(const ChangeEvent& event);
    void commit(const Transaction& transaction);
    /// A dead letter, in a transaction.
    Status letter(const UnreadableRecord& record);
    /// Everything before `position` was delivered. Ignored inside a transaction.
    void position(const Keepalive& keepalive);

    /// At a commit boundary, and there is something to hand over: changes, a position that moved, or a
    /// table that waits for its changes to go direct.
    bool can_take_complete() const {
        return !in_transaction_ && (batch_->position > taken_position_ || registry_.turning() > 0);
    }
    bool has_changes() const { return batch_->has_changes(); }
    bool wants_turn() const { return registry_.turning() > 0; }
    std::size_t bytes() const { return batch_->bytes(); }
    /// Hand over before reading on: the limits are reached (then as a step of the transaction that is open),
    /// or a transaction ended near them.
    bool full() const;
    /// The batch so far; complete iff no transaction is open. Leaves an empty one behind.
    std::unique_ptr<Batch> take();

    bool in_transaction() const { return in_transaction_; }
    Lsn position() const { return batch_->position; }
    bool save_soon() const { return batch_->save_soon; }
    PgTime first_commit_time() const { return batch_->first_commit_time; }
    std::uint64_t skipped_events() const { return skipped_events_; }

 private:
    Result<std::shared_ptr<Table>> find_table(const Relation& relation);
    Result<TableBatch*> table_batch(const Relation& relation);
    Result<EventRules*> rules_of(const TablePlan& plan, const Relation& relation);
    Status add_by_rules(const ChangeEvent& event);
    void turn_direct(const std::shared_ptr<Table>& table);
    void turn_quiet_tables_direct();

    BatchLimits limits_;
    TableRegistry& registry_;
    TableResolver resolve_;
    std::unique_ptr<Batch> batch_;
    Transaction transaction_;
    bool in_transaction_ = false;
    std::uint64_t rows_ = 0, table_bytes_ = 0,
                  letter_bytes_ = 0;  ///< of the batch's tables, without the arena
    Lsn taken_position_;
    std::map<RelationId, std::shared_ptr<Table>> known_;
    std::map<RelationId, std::uint64_t> unwanted_;  ///< the relation's version for which no rule wanted it
    std::uint64_t unwanted_generation_ = 0;         ///< of the registry, when the last change was skipped
    std::map<RelationId, bool> direct_;             ///< tables whose changes go straight to the target
    TableBatch* last_ = nullptr;                    ///< of last_id_, to skip the look-up in runs of one table
    RelationId last_id_ = 0;
    std::uint64_t last_version_ = 0;
    std::map<RelationId, EventRules> rules_;
    EventRules* last_rules_ = nullptr;  ///< of last_; null where it has none
    std::uint64_t skipped_events_ = 0;
};

}  // namespace walferry
