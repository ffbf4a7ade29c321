#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "apply/batch.h"
#include "apply/outbox.h"
#include "apply/pending_changes.h"
#include "apply/refusal/careful_writer.h"
#include "apply/table_writer.h"
#include "checkpoint/checkpoint_keeper.h"
#include "checkpoint/table_state_store.h"

namespace walferry {

/// What one warehouse commit brought: reported after it, never before.
struct CommittedBatch {
    Lsn position;
    std::uint64_t transactions = 0;
    std::uint64_t rows = 0;
    PgTime first_commit_time = 0;
    PgTime last_commit_time = 0;
    PgTime newest_commit_time = 0;              ///< clocks step back: not always that of the last
    std::map<std::string, EventCounts> events;  ///< by source table
    Violations violations;                      ///< of contracts
    LetterBook::Made dead_letters;
    std::optional<std::uint64_t> open_letters;  ///< how many there are, where that may have changed
    std::chrono::nanoseconds apply_time{0};
    std::map<std::string, std::chrono::nanoseconds> step_times;
};

/// Exactly once, in one place: everything that a batch changes in the warehouse, and the checkpoint that says
/// so, goes into one warehouse transaction.
///
///   BEGIN → kept changes → rows of each table → dead letters → [more steps of a large transaction …] →
///   outbox → checkpoint WHERE epoch = mine → COMMIT
///
/// Where a target refuses a row, what the batch wrote is rolled back and written again event by event
/// (CarefulWriter), so that the row becomes a dead letter and the rest is applied.
///
/// What a crash leaves behind: before COMMIT nothing; after it the batch with its checkpoint. When the
/// connection breaks in COMMIT nobody knows which of the two: the session is given up, and the next one reads
/// the checkpoint. Any error leaves the applier unusable; the caller destroys it together with its session.
/// Used by the applier's thread only.
class BatchApplier {
 public:
    struct Owner {
        std::shared_ptr<const CheckpointKeeper> checkpoints;
        TableStateStore states;
        TableRegistry& registry;
        DeadLetterOffice& letters;
        Reshaper* reshaper = nullptr;  ///< null where tables keep their shape
        std::uint64_t epoch = 0;
        bool shares_tables = false;     ///< others of this pipeline write, too, each its partitions of Kafka
        Lsn position;                   ///< the checkpoint as of now
        PgTime latest_commit_time = 0;  ///< of all that is in the warehouse
        bool outbox = false;            ///< whether somebody wants to hear of what is committed
    };
    BatchApplier(WarehouseSession& session, WarehouseKind kind, Owner owner);

    /// Applies a batch or a step of one; a complete one commits and is then returned with what it brought.
    Result<std::optional<CommittedBatch>> apply(Batch& batch);

    /// A bounded time of work for tables that catch up after their copy, in transactions of their own;
    /// false when there was nothing to do. Not while a transaction's steps are being applied.
    Result<bool> catch_up();

    /// Others have written in between (dead letters, notices of the outbox): what is known of that is read
    /// again.
    void others_wrote() {
        book_.forget_all();
        if (outbox_) outbox_->others_wrote();
    }

    /// A table has to be copied anew, which a new session does: this one is to apply nothing more.
    bool wants_start_again() const { return start_again_; }
    bool transaction_open() const { return open_; }
    Lsn position() const { return owner_.position; }

 private:
    /// What has to be brought back when a batch's writes are rolled back.
    struct Mark {
        LetterBook::Mark letters;
        TableWriter::Mark writer;
        Lsn open_transaction;
        std::size_t turned = 0, notices = 0;
        std::map<RelationId, std::shared_ptr<Table>> reshaped;
        std::set<RelationId> copied_anew, written;
        bool in_transaction = false;  ///< of earlier steps, which a savepoint keeps
    };
    Mark mark(bool in_transaction) const;
    Result<Mark> begin();
    Status write_batch(Batch& batch, bool careful);
    Status check_deferred(const Mark& before);
    Status write_again(Batch& batch, const Mark& before);
    Status roll_back(const Mark& before);
    Status find_refused(Batch& batch);
    Status find_refused_kept(const std::shared_ptr<Table>& table);
    Status write_table(TableBatch& batch, const StepContext& step, bool careful);
    Status write_carefully(const TableBatch& batch, const std::shared_ptr<Table>& table,
                           const StepContext& step);
    std::shared_ptr<Table> current(const std::shared_ptr<Table>& table) const;
    Result<PendingChanges::Drained> drain(const std::shared_ptr<Table>& table, bool careful);
    Result<PendingChanges::Drained> catch_up_some(const std::shared_ptr<Table>& table);
    Result<PendingChanges::Drained> catch_up_transaction(const std::shared_ptr<Table>& table, bool careful);
    Status finish_catching_up(const std::shared_ptr<Table>& table, bool careful);
    Status commit(Lsn position);
    Status write_letters(const Batch& batch);
    Status count_letters();
    void transaction_ended();
    void note(const Batch& batch);
    template <class Work>
    Status timed(const char* step, Work&& work);

    WarehouseSession& session_;
    WarehouseKind kind_;
    Owner owner_;
    TableWriter writer_;
    LetterBook book_;
    CarefulWriter careful_;
    PendingChanges pending_;
    std::optional<Outbox> outbox_;
    std::optional<bool> has_deferrable_;  ///< PostgreSQL: the warehouse has constraints that can be deferred
    bool start_again_ = false;
    bool open_ = false;
    Lsn open_transaction_;  ///< commit_lsn of the source transaction whose steps are being applied, else 0
    CommittedBatch committed_;
    std::vector<std::shared_ptr<Table>> turned_;  ///< stream once the open transaction is committed
    /// Tables that have another shape once it is, and those that it has written to.
    std::map<RelationId, std::shared_ptr<Table>> reshaped_;
    std::set<RelationId> copied_anew_, written_;
    std::vector<OutboxNotice> notices_;  ///< of shapes that changed
};

}  // namespace walferry
