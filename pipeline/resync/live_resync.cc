#include "pipeline/resync/live_resync.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>

#include "checkpoint/checkpoint_store.h"
#include "pipeline/resync/shadow_destination.h"
#include "pipeline/resync/shadow_plan.h"
#include "pipeline/resync/target_exchange.h"
#include "pipeline/table_copy.h"

namespace walferry {

namespace {

constexpr std::chrono::milliseconds errand_patience{30'000};
/// So few kept changes are left for the applier.
constexpr std::uint64_t few_changes = 2'000;
/// A table whose changes come faster than they are caught up with: then the applier, which holds them back
/// meanwhile, does the rest.
constexpr int catch_up_rounds_max = 200;

Error cancelled(const char* what) {
    return Error{ErrorKind::Cancelled, what, "", ""};
}

Error begins_again(const ResyncRow& row, const char* why) {
    return Error{ErrorKind::Busy, fmt::format("{} {}: its resync begins again", row.qualified_name(), why),
                 "", ""};
}

/// What concerns the resync alone: its table, its rows.
bool fails_alone(ErrorKind kind) {
    return kind == ErrorKind::Data || kind == ErrorKind::Schema || kind == ErrorKind::Permission ||
           kind == ErrorKind::Refused || kind == ErrorKind::Internal;
}

}  // namespace

LiveResync::LiveResync(Parts parts, ResyncRow row)
    : parts_(parts),
      row_(std::move(row)),
      shadow_control_(shadow_control(parts.control)),
      shadow_office_(shadow_control_, 1),
      pace_(row_.rate_max) {}

LiveResync::~LiveResync() {
    parts_.board.clear(row_.id);
}

Status LiveResync::run(std::stop_token stop) {
    constexpr std::chrono::milliseconds before_next_try{500};
    stop_ = stop;
    for (;;) {
        show(ResyncState::Requested);
        Status done = run_once();
        if (table_ != nullptr) table_->keeps_too = false;
        if (done) return done;
        const Error error = done.error();
        session_.reset();
        if (stop.stop_requested()) return cancelled("the resync was stopped");
        if (parts_.board.is_cancelled(row_.id)) return end(ResyncState::Cancelled, "");
        if (fails_alone(error.kind)) return end(ResyncState::Failed, describe(error));
        if (error.kind != ErrorKind::Busy && error.kind != ErrorKind::Serialization) return error;
        spdlog::debug("{}", error.message);
        std::this_thread::sleep_for(before_next_try);
    }
}

Status LiveResync::run_once() {
    WALFERRY_TRYV(find_table());
    if (was_copied_) {
        row_.rows_copied = table_->rows_copied;
        return end(ResyncState::Done, "");
    }
    WALFERRY_TRYV(begin());
    WALFERRY_TRYV(copy());
    WALFERRY_TRYV(catch_up());
    WALFERRY_TRYV(compare());
    WALFERRY_TRYV(catch_up());
    return exchange();
}

Status LiveResync::errand(const ApplierErrands::Errand& errand) {
    for (;;) {
        WALFERRY_TRYV(check_going_on());
        bool begun = false;
        Status done = parts_.errands.run(
            [&](WarehouseSession& session) {
                begun = true;
                return errand(session);
            },
            errand_patience);
        if (done || begun || done.error().kind != ErrorKind::Busy) return done;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

Status LiveResync::check_going_on() const {
    if (stop_.stop_requested()) return cancelled("the resync was stopped");
    if (parts_.board.is_cancelled(row_.id)) return cancelled("the resync was given up");
    return success();
}

bool LiveResync::is_current() const {
    return table_->state == TableState::Streaming && parts_.registry.find(table_->source().id) == table_;
}

void LiveResync::show(ResyncState state) {
    row_.state = state;
    show(row_);
}

void LiveResync::show(const ResyncRow& row) const {
    const std::int64_t estimated = table_ == nullptr ? 0 : table_->source().estimated_rows;
    parts_.board.show({row, static_cast<std::uint64_t>(std::max<std::int64_t>(estimated, 0))});
}

/// A table that is copied anew needs nothing else: whoever asks for a resync meanwhile is refused, so the
/// copy began after this one was asked for.
Status LiveResync::find_table() {
    table_ = nullptr;
    for (const auto& table : parts_.registry.all()) {
        const bool same =
            table->source().schema == row_.source_schema && table->source().name == row_.source_table;
        if (same || table->source().id == row_.relation_id) table_ = table;
        if (same) break;
    }
    if (table_ == nullptr || table_->state == TableState::Excluded) {
        return Error{ErrorKind::Refused, row_.qualified_name() + " is not captured any more",
                     "`walferry status CONFIG` lists the tables", ""};
    }
    if (table_->state == TableState::Streaming) return success();
    was_copied_ = true;
    return begins_again(row_, "is being copied");
}

Status LiveResync::begin() {
    row_.relation_id = table_->source().id;
    row_.rows_copied = row_.rows_changed = 0;
    WALFERRY_TRY(connected, parts_.warehouse.connect());
    session_ = std::move(connected);
    WALFERRY_TRY(shadow, make_shadow_table(parts_.config, parts_.control, *table_, *session_));
    shadow_ = std::move(shadow);
    row_.state = ResyncState::Copying;
    Status begun = errand([this](WarehouseSession& session) -> Status {
        if (!is_current()) return begins_again(row_, "has changed");
        WALFERRY_TRYV(discard(session));
        WALFERRY_TRYV(session.execute(create_shadow_sql(*shadow_->plans.front())));
        WALFERRY_TRYV(ResyncStore(parts_.control).write(session, row_, parts_.epoch));
        table_->keeps_too = true;
        return success();
    });
    if (begun) spdlog::info("{}: resync begun", row_.qualified_name());
    return begun;
}

/// Whatever an earlier attempt has left.
Status LiveResync::discard(WarehouseSession& session) {
    if (table_ == nullptr) return success();
    WALFERRY_TRYV(drop_shadow_tables(session, parts_.control, *table_));
    WALFERRY_TRYV(clear_shadow_letters(session, shadow_control_));
    return PendingChanges(parts_.control).clear(session, row_.relation_id);
}

Status LiveResync::copy() {
    show(ResyncState::Copying);
    WALFERRY_TRYV(shadow_office_.open(*session_));
    CopyOptions options;
    options.connection = parts_.config.source.connection;
    options.workers = parts_.config.source.copy_workers;
    options.publication = parts_.config.source.publication;
    options.letters = &shadow_office_;
    std::stop_source given_up;
    const std::stop_callback forward(stop_, [&given_up] { given_up.request_stop(); });
    options.pace = [&](std::uint64_t rows, std::stop_token stop) {
        if (parts_.board.is_cancelled(row_.id)) given_up.request_stop();
        ResyncRow now = row_;
        now.rows_copied = shadow_->rows_copied;
        show(now);
        pace_.took(rows, stop);
    };
    ShadowDestination destination(parts_.control, row_.id, parts_.epoch);
    TableCopy copy(options, parts_.warehouse, destination);
    WALFERRY_TRYV(copy.run({shadow_}, true, given_up.get_token()));
    row_.rows_copied = shadow_->rows_copied;
    if (!is_current()) return begins_again(row_, "has changed");
    if (parts_.control.kind == WarehouseKind::DuckDb) return success();
    // To plan joins by key, a tenth of the usual sample says enough.
    return session_->execute("SET default_statistics_target = 10; ANALYZE " +
                             to_sql(shadow_->plans.front()->target));
}

Status LiveResync::catch_up() {
    show(ResyncState::CatchingUp);
    number_anew(*shadow_);
    ShadowWriter writer(*session_, parts_.control.kind, parts_.control, shadow_office_, 0);
    for (int round = 0; round < catch_up_rounds_max;) {
        WALFERRY_TRYV(check_going_on());
        if (!is_current()) return begins_again(row_, "has changed");
        PendingChanges::Drained drained;
        WALFERRY_TRYV(drain_some(writer, drained));
        WALFERRY_TRY(passed, passed_snapshot());
        if (!passed && drained.changes == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
        if (passed && drained.empty && drained.changes < few_changes) return success();
        if (passed) ++round;
    }
    return success();
}

/// Before that the targets lack what the copy has seen, and would get it twice.
Result<bool> LiveResync::passed_snapshot() {
    WALFERRY_TRY(checkpoint, CheckpointStore(parts_.control).read(*session_));
    return checkpoint && checkpoint->position >= shadow_->snapshot_lsn;
}

/// In a transaction of the resync's own session.
Status LiveResync::drain_some(ShadowWriter& writer, PendingChanges::Drained& drained) {
    WarehouseSession& session = *session_;
    const auto attempt = [&](bool careful) -> Status {
        WALFERRY_TRYV(session.begin());
        WALFERRY_TRY(some, writer.drain(shadow_, careful));
        drained = some;
        WALFERRY_TRYV(ResyncStore(parts_.control).holds(session, row_.id, parts_.epoch));
        return session.commit();
    };
    Status done = attempt(false);
    for (int tries = 0; tries < 2 && !done && done.error().kind == ErrorKind::Data; ++tries) {
        session.rollback();
        writer.rolled_back();
        WALFERRY_TRYV(writer.find_refused(shadow_));
        done = attempt(true);
    }
    if (done) {
        writer.committed();
    } else {
        session.rollback();
        writer.rolled_back();
    }
    return done;
}

/// In the applier's transaction: nothing is kept after it that the shadow lacks.
Status LiveResync::drain_rest(WarehouseSession& applier) {
    if (!is_current()) return begins_again(row_, "has changed");
    number_anew(*shadow_);  // staging tables of an earlier writer are the session's still
    ShadowWriter writer(applier, parts_.control.kind, parts_.control, shadow_office_, 0);
    for (bool empty = false; !empty;) {
        WALFERRY_TRY(drained, writer.drain(shadow_, false));
        empty = drained.empty;
    }
    return success();
}

Status LiveResync::compare() {
    show(ResyncState::Comparing);
    Lsn position;
    Status compared = errand([&](WarehouseSession& applier) -> Status {
        const CheckpointStore checkpoints(parts_.control);
        WALFERRY_TRYV(drain_rest(applier));
        WALFERRY_TRYV(checkpoints.hold(applier, parts_.epoch));
        WALFERRY_TRYV(applier.commit());
        // Between this commit and the next batch's both sides are of one position.
        WALFERRY_TRY(checkpoint, checkpoints.read(applier));
        position = checkpoint ? checkpoint->position : Lsn{};
        WALFERRY_TRYV(begin_snapshot(*session_, *shadow_->plans.front()));
        return applier.begin();
    });
    if (!compared && compared.error().kind == ErrorKind::Data) {
        // A row is refused: the own session takes the time to leave it out.
        WALFERRY_TRYV(catch_up());
        return begins_again(row_, "has rows that are refused");
    }
    if (compared) compared = find_differences(position);
    if (!compared) session_->rollback();
    return compared;
}

Status LiveResync::find_differences(Lsn position) {
    for (const auto& plan : table_->plans) {
        for (const std::string& sql :
             TargetExchange(*plan, shadow_->plans.front()->target, shadow_keys_table(parts_.control, *plan))
                 .compare_sql({position, shadow_->snapshot_time, pg_time_now()})) {
            WALFERRY_TRYV(session_->execute(sql));
        }
    }
    WALFERRY_TRYV(ResyncStore(parts_.control).holds(*session_, row_.id, parts_.epoch));
    return session_->commit();
}

Status LiveResync::exchange() {
    Status exchanged = errand([this](WarehouseSession& applier) -> Status {
        WALFERRY_TRYV(drain_rest(applier));
        WALFERRY_TRY(checkpoint, CheckpointStore(parts_.control).read(applier));
        if (!checkpoint) return begins_again(row_, "has no checkpoint");
        WALFERRY_TRYV(settle_letters(applier));
        const CopyMoment moment{checkpoint->position,
                                std::max(checkpoint->latest_commit_time, shadow_->snapshot_time),
                                pg_time_now()};
        row_.rows_changed = 0;
        std::vector<OutboxNotice> notices;
        for (const auto& plan : table_->plans) {
            WALFERRY_TRY(hollow, parts_.letters.store().hollow_keys(applier, to_string(plan->target)));
            TargetExchange exchange(*plan, shadow_->plans.front()->target,
                                    shadow_keys_table(parts_.control, *plan));
            WALFERRY_TRY(changed, exchange.run(applier, moment, hollow));
            row_.rows_changed += changed;
            notices.push_back(
                resynced_notice(row_.qualified_name(), to_string(plan->target), row_.rows_copied, changed));
        }
        if (parts_.outbox) {
            Outbox outbox(parts_.control);
            for (OutboxNotice& notice : notices) outbox.announce(std::move(notice));
            WALFERRY_TRYV(outbox.write(applier, checkpoint->position));
        }
        WALFERRY_TRYV(discard(applier));
        row_.state = ResyncState::Done;
        WALFERRY_TRYV(ResyncStore(parts_.control).write(applier, row_, parts_.epoch));
        table_->keeps_too = false;
        return success();
    });
    if (exchanged) {
        spdlog::info("{}: resync done: {} rows read, {} were not as they should be", row_.qualified_name(),
                     row_.rows_copied, row_.rows_changed);
    }
    return exchanged;
}

/// Letters that the copy made up for are superseded; rows that it could not take get letters of its own.
Status LiveResync::settle_letters(WarehouseSession& session) {
    const DeadLetterStore& store = parts_.letters.store();
    WALFERRY_TRY(refused, refused_by_copy(session, shadow_office_.store()));
    for (const auto& plan : table_->plans) {
        const std::string target = to_string(plan->target);
        WALFERRY_TRYV(plan->mode == TableMode::Append
                          ? store.supersede_copied(session, target)
                          : store.supersede_table(session, target, {shadow_->snapshot_lsn, 0}));
        std::vector<DeadLetter> letters = refused;
        for (DeadLetter& letter : letters) letter.target_table = target;
        WALFERRY_TRYV(parts_.letters.append(session, letters));
    }
    return success();
}

Status LiveResync::end(ResyncState state, std::string reason) {
    row_.state = state;
    row_.reason = std::move(reason);
    if (state == ResyncState::Failed)
        spdlog::error("{}: resync failed: {}", row_.qualified_name(), row_.reason);
    return parts_.errands.run(
        [this](WarehouseSession& session) -> Status {
            WALFERRY_TRYV(discard(session));
            return ResyncStore(parts_.control).write(session, row_, parts_.epoch);
        },
        errand_patience);
}

}  // namespace walferry
