#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "apply/table_plan.h"
#include "checkpoint/table_state_store.h"
#include "model/change.h"
#include "model/snapshot.h"
#include "model/table_storage.h"

namespace walferry {

/// A captured table while the pipeline runs, with all its targets. `plans` never changes. The state goes one
/// way within a session: copying → catching_up (set by the copy, once the snapshot's data is durable) →
/// streaming (set by the applier, in a batch's commit) → excluded (by the intake, when it is not published
/// any more).
struct Table {
    std::vector<std::shared_ptr<const TablePlan>> plans;  ///< one a target, one at least
    std::uint32_t publication_member = 0;
    TableStorage storage;  ///< at the source, as its shape was last stored; never changes

    std::atomic<TableState> state{TableState::Copying};
    std::atomic<std::uint64_t> rows_copied{0};
    std::atomic<PgTime> last_commit_time{0};
    /// Set by the applier when few kept changes are left: from the next batch on the reader routes the
    /// table's changes straight to the target.
    std::atomic<bool> goes_direct{false};

    /// While it streams: its changes are kept besides being applied, for a shadow of it (pipeline/resync/).
    std::atomic<bool> keeps_too{false};

    /// The copy's snapshot: written by the copy before the state becomes catching_up, read after.
    std::string snapshot_text;
    Snapshot snapshot;
    Lsn snapshot_lsn;
    PgTime snapshot_time = 0;
    bool copied_now = false;  ///< in this session, into empty histories

    /// See TableStateRow::merges_copy. `copy_left_rows`: an interrupted copy that did not merge left rows.
    bool merges_copy = false;
    bool copy_left_rows = false;

    const SourceTable& source() const { return plans.front()->source; }
    /// The plan by which rows are encoded for all targets: that of an upsert target where there is one.
    const std::shared_ptr<const TablePlan>& encoding_plan() const;
    /// Its changes need not be kept: what came before them is in the target, or it has left the publication.
    bool streams() const { return state == TableState::Streaming || state == TableState::Excluded; }
    /// Its row in the control table, with this state and without snapshot.
    TableStateRow state_row(TableState row_state) const;
};

/// The same table in the same state with other plans.
std::shared_ptr<Table> with_plans(const Table& table, std::vector<TablePlan> plans, TableStorage storage);

/// The captured tables of a running pipeline by their OID at the source. Thread-safe; tables are never
/// removed while a session runs, so a shared_ptr taken from it stays good.
class TableRegistry {
 public:
    std::shared_ptr<Table> find(RelationId id) const;
    void add(std::shared_ptr<Table> table);
    std::vector<std::shared_ptr<Table>> all() const;

    /// Grows with every table that is added: whoever looked a table up in vain has to look again when it has.
    std::uint64_t generation() const { return generation_; }

    /// How many tables wait for the reader to route their changes straight to the target
    /// (Table::goes_direct).
    int turning() const { return turning_; }
    void ask_direct(Table& table) {
        if (!table.goes_direct.exchange(true)) ++turning_;
    }
    void turned_direct() { --turning_; }

 private:
    std::atomic<int> turning_{0};
    std::atomic<std::uint64_t> generation_{0};
    mutable std::mutex mutex_;
    std::map<RelationId, std::shared_ptr<Table>> tables_;
};

}  // namespace walferry
