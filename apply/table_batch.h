#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "apply/event_encoder.h"
#include "apply/history/history_changes.h"
#include "apply/log/log_changes.h"
#include "apply/recorded_event.h"
#include "apply/refusal/refusal.h"
#include "apply/table_registry.h"
#include "apply/upsert/upsert_changes.h"
#include "model/change.h"

namespace walferry {

/// The source's events, counted once each by kind.
struct EventCounts {
    std::uint64_t inserts = 0, updates = 0, deletes = 0, truncates = 0;

    void count(ChangeKind kind);
    std::uint64_t total() const { return inserts + updates + deletes + truncates; }
};

/// What a batch comes down to for one target of a table.
using TargetChanges = std::variant<UpsertChanges, HistoryChanges, LogChanges>;

/// What a batch comes down to for one target, of no changes yet.
TargetChanges changes_for(const std::shared_ptr<const TablePlan>& plan, bool shares_rows);

/// The changes of one table in one batch: encoded once and collected for each target in its own way, or kept
/// as messages while the table is being copied. All are recorded, too: from the first one on that has no
/// place in the targets as planned (it is refused, or its relation has another shape), none is collected any
/// more, and the applier folds the recorded ones one by one. Belongs to its batch, whose arena holds the
/// bytes.
class TableBatch {
 public:
    TableBatch(std::shared_ptr<Table> table, bool keep);

    /// Takes one change in. `transaction` is the one it belongs to.
    Status add(const ChangeEvent& event, const Transaction& transaction, Arena& arena);
    /// Takes one in that must not be applied.
    void refuse(const ChangeEvent& event, const Transaction& transaction, Refusal refusal, Arena& arena);

    const std::shared_ptr<Table>& table() const { return table_; }
    const SourceTable& source() const { return table_->source(); }
    bool keeps() const { return keep_; }
    /// Whether `targets` has all of the changes.
    bool folded() const { return folded_; }
    std::vector<TargetChanges>& targets() { return targets_; }
    const std::vector<TargetChanges>& targets() const { return targets_; }
    const std::vector<RecordedEvent>& events() const { return events_; }
    /// Null where the event was not refused by the reader.
    const Refusal* refusal_of(const RecordedEvent& event) const {
        return event.refusal == 0 ? nullptr : &refusals_[event.refusal - 1];
    }
    const EventCounts& counts() const { return counts_; }
    PgTime first_commit_time() const { return first_commit_time_; }
    PgTime last_commit_time() const { return last_commit_time_; }
    Lsn last_commit_lsn() const { return last_commit_lsn_; }

    /// Rows that the warehouse will have to take, at most.
    std::size_t size() const;
    std::size_t bytes() const;

 private:
    const RecordOrigin* kept_record(const ChangeEvent& event);
    void record(const ChangeEvent& event, const Transaction& transaction, Arena& arena);
    Status collect(const ChangeEvent& event, const Transaction& transaction, Arena& arena);
    void give_up_folding();
    bool fits_plans(const Relation& relation);

    std::shared_ptr<Table> table_;
    bool keep_;
    bool folded_;
    std::optional<EventEncoder> encoder_;
    std::uint64_t fitting_version_ = 0;  ///< of the relation that was last found to fit
    std::vector<TargetChanges> targets_;
    std::vector<RecordedEvent> events_;
    std::deque<RecordOrigin> records_;
    std::vector<Refusal> refusals_;
    EventCounts counts_;
    PgTime first_commit_time_ = 0;
    PgTime last_commit_time_ = 0;
    Lsn last_commit_lsn_;
};

}  // namespace walferry
