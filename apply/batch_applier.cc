#include "apply/batch_applier.h"

#include <algorithm>

#include "apply/load_row.h"

namespace walferry {

namespace {

/// Kept changes a transaction.
constexpr std::uint64_t catch_up_changes_max = 20'000;
/// How long streaming tables may wait for one that catches up. Meanwhile the reader fills one batch at most:
/// a table gets there also under a load that never ends.
constexpr std::chrono::seconds catch_up_time_max{5};

/// Changes that are kept for later change no target yet.
void note_changes(const Batch& batch, Outbox& outbox) {
    for (const auto& [id, table] : batch.tables) {
        if (table.keeps()) continue;
        for (const auto& plan : table.table()->plans) {
            outbox.note({table.source().qualified_name(), to_string(plan->target), table.counts(),
                         table.last_commit_lsn(), table.first_commit_time(), table.last_commit_time()});
        }
    }
}

}  // namespace

BatchApplier::BatchApplier(WarehouseSession& session, WarehouseKind kind, Owner owner)
    : session_(session),
      owner_(std::move(owner)),
      writer_(session, kind, owner_.latest_commit_time),
      pending_(owner_.checkpoints.control()) {
    if (owner_.outbox) outbox_.emplace(owner_.checkpoints.control());
}

template <class Work>
Status BatchApplier::timed(const char* step, Work&& work) {
    const auto start = std::chrono::steady_clock::now();
    Status done = work();
    const auto took = std::chrono::steady_clock::now() - start;
    committed_.step_times[step] += took;
    committed_.apply_time += took;
    return done;
}

Result<std::optional<CommittedBatch>> BatchApplier::apply(Batch& batch) {
    if (!open_) {
        WALFERRY_TRYV(session_.begin());
        open_ = true;
    }
    note(batch);
    Status written = timed("merge", [&] { return write_tables(batch); });
    if (!written) return written.error();
    if (!batch.complete) return std::optional<CommittedBatch>{};
    WALFERRY_TRYV(commit(batch.position));
    for (const auto& [id, table] : batch.tables) table.table()->last_commit_time = table.last_commit_time();
    return std::optional<CommittedBatch>{std::exchange(committed_, CommittedBatch{})};
}

Status BatchApplier::write_tables(Batch& batch) {
    for (const auto& table : batch.turning_direct) {
        WALFERRY_TRYV(finish_catching_up(table));
    }
    const PgTime now = pg_time_now();
    const StepContext step{open_transaction_, batch.leaves_open};
    open_transaction_ = batch.leaves_open;
    for (auto& [id, table] : batch.tables) {
        if (table.keeps()) {
            WALFERRY_TRYV(pending_.keep(session_, table));
        } else {
            WALFERRY_TRYV(writer_.write(table, step, now));
        }
    }
    return success();
}

void BatchApplier::note(const Batch& batch) {
    committed_.transactions += batch.transactions;
    committed_.rows += batch.rows();
    if (committed_.first_commit_time == 0) committed_.first_commit_time = batch.first_commit_time;
    if (batch.last_commit_time != 0) committed_.last_commit_time = batch.last_commit_time;
    committed_.newest_commit_time = std::max(committed_.newest_commit_time, batch.newest_commit_time);
    for (const auto& [id, table] : batch.tables) {
        EventCounts& counts = committed_.events[table.source().qualified_name()];
        counts.inserts += table.counts().inserts;
        counts.updates += table.counts().updates;
        counts.deletes += table.counts().deletes;
        counts.truncates += table.counts().truncates;
    }
    if (outbox_) note_changes(batch, *outbox_);
}

/// The rest of what was kept goes in first, in the same transaction as the first direct changes.
Status BatchApplier::finish_catching_up(const std::shared_ptr<Table>& table) {
    bool empty = false;
    while (!empty) {
        WALFERRY_TRY(drained, pending_.drain(session_, writer_, table, catch_up_changes_max));
        empty = drained.empty;
    }
    WALFERRY_TRYV(pending_.clear(session_, table->source().id));
    WALFERRY_TRYV(owner_.states.write(session_, table->state_row(TableState::Streaming), owner_.epoch));
    if (outbox_) {
        for (const auto& plan : table->plans) {
            outbox_->announce(
                copied_notice(table->source().qualified_name(), to_string(plan->target), table->rows_copied));
        }
    }
    turned_.push_back(table);
    return success();
}

Status BatchApplier::commit(Lsn position) {
    Status done = success();
    if (outbox_) done = timed("outbox", [&] { return outbox_->write(session_, position); });
    if (done) {
        done = timed("checkpoint", [&] {
            return owner_.checkpoints.save(session_, position, owner_.epoch, committed_.newest_commit_time);
        });
    }
    if (done) done = timed("commit", [&] { return session_.commit(); });
    if (!done) return done;
    open_ = false;
    writer_.transaction_ended();
    owner_.position = position;
    committed_.position = position;
    for (const auto& table : turned_) table->state = TableState::Streaming;
    turned_.clear();
    return success();
}

Result<bool> BatchApplier::catch_up() {
    bool worked = false;
    for (const auto& table : owner_.registry.all()) {
        if (table->state != TableState::CatchingUp || table->goes_direct) continue;
        const auto give_way_at = std::chrono::steady_clock::now() + catch_up_time_max;
        bool empty = false;
        while (!empty && std::chrono::steady_clock::now() < give_way_at) {
            WALFERRY_TRY(drained, catch_up_some(table));
            empty = drained.empty;
            worked = worked || drained.changes > 0;
        }
        // Before the checkpoint has passed the snapshot, changes come that the copy may contain already. What
        // the batches bring that are under way is applied in the one that turns the table.
        if (empty && owner_.position >= table->snapshot_lsn) owner_.registry.ask_direct(*table);
    }
    return worked;
}

Result<PendingChanges::Drained> BatchApplier::catch_up_some(const std::shared_ptr<Table>& table) {
    WALFERRY_TRYV(session_.begin());
    WALFERRY_TRY(drained, pending_.drain(session_, writer_, table, catch_up_changes_max));
    if (drained.changes == 0) {
        session_.rollback();
    } else {
        WALFERRY_TRYV(owner_.checkpoints.save(session_, owner_.position, owner_.epoch));
        WALFERRY_TRYV(session_.commit());
    }
    writer_.transaction_ended();
    return drained;
}

}  // namespace walferry
