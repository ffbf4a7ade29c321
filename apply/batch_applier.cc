#include "apply/batch_applier.h"

#include <algorithm>

#include "apply/load_row.h"
#include "apply/refusal/batch_look.h"

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

/// A row that can't be stored, and that was not found.
Error explained(const Error& error) {
    Error refused = error;
    if (error.kind == ErrorKind::Data && error.way_out.empty())
        refused.way_out = "drop the constraint or the index on the target, then `walferry run CONFIG`";
    return refused;
}

}  // namespace

BatchApplier::BatchApplier(WarehouseSession& session, WarehouseKind kind, Owner owner)
    : session_(session),
      kind_(kind),
      owner_(std::move(owner)),
      writer_(session, kind, owner_.latest_commit_time),
      book_(owner_.letters),
      careful_(session, kind, writer_, book_, owner_.letters, owner_.reshaper),
      pending_(owner_.states.control()) {
    if (owner_.outbox) outbox_.emplace(owner_.states.control(), owner_.shares_tables);
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
    WALFERRY_TRY(before, begin());
    note(batch);
    Status written = timed("merge", [&] { return write_batch(batch, false); });
    if (written && batch.complete) written = check_deferred(before);
    // The second time with deferred constraints asked range by range, where they were what failed.
    for (int tries = 0; tries < 2 && !written && written.error().kind == ErrorKind::Data; ++tries) {
        written = timed("refusals", [&] { return write_again(batch, before); });
        if (written && batch.complete) written = check_deferred(before);
    }
    if (!written) return explained(written.error());
    if (!batch.complete || start_again_) return std::optional<CommittedBatch>{};
    WALFERRY_TRYV(commit(batch.position));
    for (const auto& [id, table] : batch.tables)
        current(table.table())->last_commit_time = table.last_commit_time();
    return std::optional<CommittedBatch>{std::exchange(committed_, CommittedBatch{})};
}

/// Opens the transaction, or marks where the next step of an open one begins.
Result<BatchApplier::Mark> BatchApplier::begin() {
    const Mark before = mark(open_);
    if (!open_ && owner_.shares_tables) book_.forget_all();
    if (!open_) {
        WALFERRY_TRYV(session_.begin());
        open_ = true;
    } else if (kind_ == WarehouseKind::Postgres) {
        WALFERRY_TRYV(session_.execute("SAVEPOINT walferry_step"));
    }
    return before;
}

BatchApplier::Mark BatchApplier::mark(bool in_transaction) const {
    return {book_.mark(), writer_.mark(), open_transaction_, turned_.size(), notices_.size(),
            reshaped_,    copied_anew_,   written_,          in_transaction};
}

/// Constraints that are deferred speak up here, not at COMMIT, when it is too late to find the row. Not
/// before: rows of several tables may need each other.
Status BatchApplier::check_deferred(const Mark& before) {
    if (kind_ != WarehouseKind::Postgres) return success();
    if (!has_deferrable_) {
        WALFERRY_TRY(found, session_.query("SELECT 1 FROM pg_constraint WHERE condeferrable LIMIT 1"));
        has_deferrable_ = !found.rows.empty();
    }
    if (!*has_deferrable_) return success();
    Status checked = session_.execute("SET CONSTRAINTS ALL IMMEDIATE");
    if (checked || checked.error().kind != ErrorKind::Data) return checked;
    careful_.check_deferred();
    if (!before.in_transaction) return checked;
    Error error = checked.error();
    error.kind = ErrorKind::Refused;
    error.way_out = "drop the deferred constraint on the target, then `walferry run CONFIG`";
    return error.in("a row of a transaction that is larger than a batch");
}

Status BatchApplier::write_batch(Batch& batch, bool careful) {
    for (const auto& table : batch.turning_direct) {
        WALFERRY_TRYV(finish_catching_up(table, careful));
    }
    const StepContext step{open_transaction_, batch.leaves_open};
    open_transaction_ = batch.leaves_open;
    for (auto& [id, table] : batch.tables) {
        if (table.keeps()) {
            WALFERRY_TRYV(pending_.keep(session_, table));
        } else {
            WALFERRY_TRYV(write_table(table, step, careful));
            if (current(table.table())->keeps_too) {
                WALFERRY_TRYV(pending_.keep(session_, table));
            }
        }
    }
    WALFERRY_TRYV(write_letters(batch));
    return book_.write(session_);
}

/// What could not even be read.
Status BatchApplier::write_letters(const Batch& batch) {
    if (batch.letters.empty()) return success();
    std::vector<DeadLetter> letters = batch.letters;
    WALFERRY_TRYV(owner_.letters.append(session_, letters));
    return owner_.letters.note(0, letters.size(), letters.back().error);
}

/// The table with the shape that its targets have by now.
std::shared_ptr<Table> BatchApplier::current(const std::shared_ptr<Table>& table) const {
    const auto reshaped = reshaped_.find(table->source().id);
    if (reshaped != reshaped_.end()) return reshaped->second;
    const auto registered = owner_.registry.find(table->source().id);
    return registered == nullptr ? table : registered;
}

Status BatchApplier::write_table(TableBatch& batch, const StepContext& step, bool careful) {
    const std::shared_ptr<Table> table = current(batch.table());
    if (!book_.knows(*table)) {
        WALFERRY_TRYV(book_.load(session_, *table));
    }
    careful = careful || !batch.folded() || table != batch.table() || touches_hollow(batch, book_);
    // DuckDB gives up all steps of a transaction over one row: there each is looked at before it is written.
    const bool is_step = step.continues || step.leaves_open;
    if (!careful && is_step && kind_ == WarehouseKind::DuckDb) {
        WALFERRY_TRY(fit, rows_fit(session_, batch));
        careful = !fit;
    }
    if (careful) return write_carefully(batch, table, step);
    written_.insert(table->source().id);
    WALFERRY_TRYV(writer_.write(batch, step, pg_time_now()));
    return owner_.letters.note(batch.counts().total(), 0);
}

Status BatchApplier::write_carefully(const TableBatch& batch, const std::shared_ptr<Table>& table,
                                     const StepContext& step) {
    const RelationId id = table->source().id;
    const bool written_before = !written_.insert(id).second;
    WALFERRY_TRY(written, careful_.write(batch, table, step, pg_time_now(), written_before));
    if (written.table != table) reshaped_[id] = written.table;
    if (written.needs_copy) copied_anew_.insert(id);
    for (OutboxNotice& notice : written.notices) {
        if (outbox_) notices_.push_back(std::move(notice));
    }
    return success();
}

/// A target has refused a row: the batch's writes go, and come again one by one.
Status BatchApplier::write_again(Batch& batch, const Mark& before) {
    WALFERRY_TRYV(roll_back(before));
    if (kind_ == WarehouseKind::DuckDb) {
        WALFERRY_TRYV(find_refused(batch));
        if (start_again_) return success();
    }
    if (!before.in_transaction) {
        WALFERRY_TRYV(session_.begin());
        open_ = true;
    }
    return write_batch(batch, true);
}

Status BatchApplier::roll_back(const Mark& before) {
    if (before.in_transaction && kind_ == WarehouseKind::DuckDb) {
        return Error{ErrorKind::Refused,
                     "a row in the midst of a transaction that is larger than a batch can't be stored, and "
                     "DuckDB gives up the whole transaction over it",
                     "raise batch.max_rows and batch.max_bytes above the transaction's size, or drop the "
                     "constraint on the target; then `walferry run CONFIG`",
                     ""};
    }
    if (before.in_transaction) {
        WALFERRY_TRYV(session_.execute("ROLLBACK TO SAVEPOINT walferry_step"));
    } else {
        session_.rollback();
        writer_.transaction_ended();
        open_ = false;
    }
    book_.back_to(before.letters);
    writer_.back_to(before.writer);
    pending_.rolled_back();
    open_transaction_ = before.open_transaction;
    turned_.resize(before.turned);
    notices_.resize(before.notices);
    reshaped_ = before.reshaped;
    copied_anew_ = before.copied_anew;
    written_ = before.written;
    return success();
}

/// DuckDB: what is found is left out when the batch is written again. What is kept of tables that turn goes
/// first, in transactions of its own: the checkpoint has passed it, and each trial would need it.
Status BatchApplier::find_refused(Batch& batch) {
    for (const auto& table : batch.turning_direct) {
        for (bool empty = false; !empty && !start_again_;) {
            WALFERRY_TRY(drained, catch_up_some(current(table)));
            empty = drained.empty;
        }
    }
    const PgTime now = pg_time_now();
    for (auto& [id, table] : batch.tables) {
        if (table.keeps() || start_again_) continue;
        WALFERRY_TRYV(careful_.find_refused(table, current(table.table()), now));
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
    for (const DeadLetter& letter : batch.letters)
        ++committed_.dead_letters[{letter.source_table, letter.stage}];
    for (const auto& [what, count] : batch.violations) committed_.violations[what] += count;
    if (outbox_) note_changes(batch, *outbox_);
}

/// The rest of what was kept goes in first, in the same transaction as the first direct changes.
Status BatchApplier::finish_catching_up(const std::shared_ptr<Table>& table, bool careful) {
    bool empty = false;
    while (!empty) {
        WALFERRY_TRY(drained, drain(table, careful));
        empty = drained.empty;
    }
    WALFERRY_TRYV(pending_.clear(session_, table->source().id));
    if (copied_anew_.contains(table->source().id)) return success();  // its state row says so
    const auto as_it_is = current(table);
    WALFERRY_TRYV(owner_.states.write(session_, as_it_is->state_row(TableState::Streaming), owner_.epoch));
    turned_.push_back(as_it_is);
    return success();
}

Result<PendingChanges::Drained> BatchApplier::drain(const std::shared_ptr<Table>& table, bool careful) {
    return pending_.drain(session_, table, catch_up_changes_max,
                          [&](TableBatch& batch) { return write_table(batch, {}, careful); });
}

Status BatchApplier::commit(Lsn position) {
    Status done = success();
    for (const auto& table : turned_) {
        for (const auto& plan : table->plans) {
            if (!outbox_) break;
            outbox_->announce(
                copied_notice(table->source().qualified_name(), to_string(plan->target), table->rows_copied));
        }
    }
    for (OutboxNotice& notice : notices_) outbox_->announce(std::move(notice));
    notices_.clear();
    if (outbox_) done = timed("outbox", [&] { return outbox_->write(session_, position); });
    if (done) done = count_letters();
    if (done) {
        done = timed("checkpoint", [&] {
            return owner_.checkpoints->save(session_, position, committed_.newest_commit_time);
        });
    }
    if (done) done = timed("commit", [&] { return session_.commit(); });
    if (!done) return done;
    owner_.checkpoints->committed(position);
    open_ = false;
    transaction_ended();
    owner_.position = position;
    committed_.position = position;
    for (const auto& table : turned_) current(table)->state = TableState::Streaming;
    turned_.clear();
    return success();
}

Result<bool> BatchApplier::catch_up() {
    bool worked = false;
    for (const auto& registered : owner_.registry.all()) {
        if (registered->state != TableState::CatchingUp || registered->goes_direct) continue;
        const auto give_way_at = std::chrono::steady_clock::now() + catch_up_time_max;
        bool empty = false;
        while (!empty && std::chrono::steady_clock::now() < give_way_at) {
            WALFERRY_TRY(drained, catch_up_some(current(registered)));
            empty = drained.empty;
            worked = worked || drained.changes > 0;
            if (start_again_) return true;
        }
        // Before the checkpoint has passed the snapshot, changes come that the copy may contain already. What
        // the batches bring that are under way is applied in the one that turns the table.
        const auto table = current(registered);
        if (empty && owner_.position >= table->snapshot_lsn) owner_.registry.ask_direct(*table);
    }
    return worked;
}

Result<PendingChanges::Drained> BatchApplier::catch_up_some(const std::shared_ptr<Table>& table) {
    const Mark before = mark(false);
    auto drained = catch_up_transaction(table, false);
    if (drained || drained.error().kind != ErrorKind::Data) return drained;
    WALFERRY_TRYV(roll_back(before));
    if (kind_ == WarehouseKind::DuckDb) {
        WALFERRY_TRYV(find_refused_kept(table));
    }
    return catch_up_transaction(table, true);
}

Result<PendingChanges::Drained> BatchApplier::catch_up_transaction(const std::shared_ptr<Table>& table,
                                                                   bool careful) {
    const Mark before = mark(false);
    WALFERRY_TRYV(session_.begin());
    WALFERRY_TRYV(book_.load(session_, *table));  // its copy may have made letters
    WALFERRY_TRY(drained, drain(table, careful));
    if (drained.changes == 0) {
        session_.rollback();
    } else {
        WALFERRY_TRYV(check_deferred(before));
        WALFERRY_TRYV(book_.write(session_));
        WALFERRY_TRYV(count_letters());
        WALFERRY_TRYV(owner_.checkpoints->save(session_, owner_.position, 0));
        WALFERRY_TRYV(session_.commit());
    }
    transaction_ended();
    return drained;
}

/// DuckDB: the same for the kept changes of the next transaction. None is open.
Status BatchApplier::find_refused_kept(const std::shared_ptr<Table>& table) {
    const auto look = [&](TableBatch& batch) -> Status {
        session_.rollback();
        WALFERRY_TRYV(careful_.find_refused(batch, current(table), pg_time_now()));
        return session_.begin();
    };
    WALFERRY_TRYV(session_.begin());
    WALFERRY_TRYV(pending_.drain(session_, table, catch_up_changes_max, look));
    session_.rollback();
    pending_.rolled_back();
    return success();
}

/// Where letters were made or superseded, how many are open then.
Status BatchApplier::count_letters() {
    if (!book_.changed() && committed_.dead_letters.empty()) return success();
    WALFERRY_TRY(counts, owner_.letters.store().count_pending(session_));
    committed_.open_letters = total(counts);
    return success();
}

void BatchApplier::transaction_ended() {
    writer_.transaction_ended();
    careful_.transaction_ended();
    for (const auto& [what, count] : book_.committed()) committed_.dead_letters[what] += count;
    for (const auto& [id, table] : reshaped_) owner_.registry.add(table);
    start_again_ = start_again_ || !copied_anew_.empty();
    reshaped_.clear();
    copied_anew_.clear();
    written_.clear();
}

}  // namespace walferry
