#include "apply/refusal/careful_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "apply/refusal/refused_rows.h"
#include "apply/schema/shape_change.h"

namespace walferry {

namespace {

constexpr const char* savepoint = "SAVEPOINT walferry_range";
constexpr const char* release = "RELEASE SAVEPOINT walferry_range";
constexpr const char* check_and_release =
    "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; RELEASE SAVEPOINT walferry_range";

/// A large range with few refused events is best cut into many parts, a small one with some into two.
constexpr std::size_t small_range = 64;
constexpr std::size_t parts_of_large = 8, parts_of_small = 2;
/// So many events are tried one by one under savepoints that are all rolled back.
constexpr std::size_t block = 1024;
/// Each costs several trials of a whole batch.
constexpr int found_by_trial_max = 100;

Refusal refusal_of(const Error& error) {
    return {DeadLetterStage::Apply, error.sqlstate.empty() ? "refused" : error.sqlstate, error.message};
}

/// Each of the events before was found to fit by itself, all of them together are not.
Error can_not_be_told(const Error& error, const SourceTable& table) {
    return Error{ErrorKind::Refused, error.in(table.qualified_name()).message,
                 "drop the constraint or the index on the target, then `walferry run CONFIG`",
                 error.sqlstate};
}

}  // namespace

Result<CarefulWriter::Written> CarefulWriter::write(const TableBatch& batch, std::shared_ptr<Table> table,
                                                    const StepContext& step, PgTime now, bool rows_changed) {
    Written written{std::move(table)};
    looked_at_.clear();
    const std::size_t count = batch.events().size();
    for (std::size_t begin = 0; begin < count;) {
        const std::size_t end = end_of_shape(batch, written, begin);
        WALFERRY_TRYV(write_events(batch, written, begin, end, step, now));
        begin = end;
        if (end == count) break;
        WALFERRY_TRYV(reshape(batch.events()[end], rows_changed || end > 0, written));
    }
    return written;
}

/// Brings the table to the shape of the event.
Status CarefulWriter::reshape(const RecordedEvent& first, bool rows_changed, Written& written) {
    WALFERRY_TRYV(book_.write(session_));  // by the keys that they have
    WALFERRY_TRY(reshaped,
                 reshaper_->reshape(session_, written.table, *first.relation, first.sequence, rows_changed));
    written.accepted = first.relation;
    if (reshaped.table == written.table)
        accepted_[written.table->source().id] = {written.table, first.relation->message};
    written.table = std::move(reshaped.table);
    written.needs_copy = written.needs_copy || reshaped.needs_copy;
    for (OutboxNotice& notice : reshaped.notices) written.notices.push_back(std::move(notice));
    return book_.reload(session_, *written.table);
}

/// One past the last event from `begin` on that the table's plans fit. Without a reshaper whoever encodes the
/// event says what is wrong.
std::size_t CarefulWriter::end_of_shape(const TableBatch& batch, const Written& shape,
                                        std::size_t begin) const {
    const auto& events = batch.events();
    if (reshaper_ == nullptr) return events.size();
    const Relation* fitting = shape.accepted;
    std::size_t end = begin;
    for (; end < events.size(); ++end) {
        if (events[end].relation == fitting) continue;
        if (!fits(shape.table->source(), *events[end].relation) &&
            !is_accepted(*shape.table, *events[end].relation))
            break;
        fitting = events[end].relation;
    }
    return end;
}

bool CarefulWriter::is_accepted(const Table& table, const Relation& relation) const {
    const auto known = accepted_.find(relation.id);
    return known != accepted_.end() && known->second.table.get() == &table && !relation.message.empty() &&
           known->second.relation == relation.message;
}

/// Of a table that is to be copied anew only into logs: the rows of other targets are none that events could
/// be applied to any more.
Status CarefulWriter::write_events(const TableBatch& batch, const Written& shape, std::size_t begin,
                                   std::size_t end, const StepContext& step, PgTime now) {
    if (begin == end) return success();
    for (const auto& plan : shape.table->plans) {
        if (shape.needs_copy && plan->mode != TableMode::Append) continue;
        const Range range{batch, *shape.table, plan, begin, end};
        if (kind_ == WarehouseKind::DuckDb) {
            WALFERRY_TRYV(fold_and_write(range, step, now));
        } else {
            WALFERRY_TRYV(write_range(range, step, now));
        }
    }
    return success();
}

/// A range that begins or ends within a transaction is a step of it.
StepContext CarefulWriter::step_of(const Range& range, const StepContext& step) {
    const auto& events = range.batch.events();
    const auto lsn = [&](std::size_t i) { return events[i].sequence.commit_lsn; };
    StepContext part;
    if (range.begin > 0 && lsn(range.begin - 1) == lsn(range.begin)) part.continues = lsn(range.begin);
    if (step.continues == lsn(range.begin)) part.continues = step.continues;
    const std::size_t last = range.end - 1;
    if (range.end < events.size() && lsn(range.end) == lsn(last)) part.leaves_open = lsn(last);
    if (step.leaves_open == lsn(last)) part.leaves_open = step.leaves_open;
    return part;
}

Result<std::unique_ptr<TargetFold>> CarefulWriter::fold(const Range& range) {
    const TablePlan& plan = *range.plan;
    WALFERRY_TRY(check, session_.row_check(plan.target, std::span(plan.columns).first(plan.data_count())));
    auto folded = std::make_unique<TargetFold>(range.table, range.plan, book_, known_, check.get());
    for (std::size_t i = range.begin; i < range.end; ++i) {
        const RecordedEvent& event = range.batch.events()[i];
        WALFERRY_TRYV(folded->add(event, range.batch.refusal_of(event)));
    }
    return folded;
}

Status CarefulWriter::fold_and_write(const Range& range, const StepContext& step, PgTime now) {
    if (range.begin == range.end) return success();
    WALFERRY_TRY(folded, fold(range));
    if (!folded->empty()) {
        Status written = writer_.write(folded->changes(), range.table, step_of(range, step), now);
        if (!written) return written.error().in(range.plan->source.qualified_name());
    }
    if (trying_) return success();
    return office_.note(folded->events() - folded->refused(), folded->refused(), folded->last_error());
}

Status CarefulWriter::roll_back_to(const char* name, const Mark& before) {
    WALFERRY_TRYV(session_.execute(std::string("ROLLBACK TO SAVEPOINT ") + name));
    back_to(before);
    return success();
}

Status CarefulWriter::write_range(const Range& range, const StepContext& step, PgTime now) {
    if (range.begin == range.end) return success();
    const Mark before = mark();
    WALFERRY_TRYV(session_.execute(savepoint));
    Status written = fold_and_write(range, step, now);
    if (written) written = session_.execute(checks_deferred_ ? check_and_release : release);
    if (written || written.error().kind != ErrorKind::Data) return written;
    WALFERRY_TRYV(roll_back_to("walferry_range", before));
    const std::size_t size = range.end - range.begin;
    if (size > small_range && !looked_at_.contains(range.plan.get())) {
        looked_at_.insert(range.plan.get());
        WALFERRY_TRY(found, find_refused_rows(range));
        if (found) return write_range(range, step, now);
    }
    if (size > 1)
        return size > block || trying_ ? write_parts(range, step, now) : write_block(range, step, now);
    const RecordedEvent& event = range.batch.events()[range.begin];
    const bool is_new = known_
                            .try_emplace({range.plan->source.id, range.plan->number, event.sequence},
                                         refusal_of(written.error()))
                            .second;
    return is_new ? write_range(range, step, now) : written;
}

/// Finds the refused events of the range part by part, then writes it whole without them: every savepoint
/// that is kept costs the server a lock until the transaction ends.
Status CarefulWriter::write_block(const Range& range, const StepContext& step, PgTime now) {
    const Mark before = mark();
    WALFERRY_TRYV(session_.execute("SAVEPOINT walferry_block"));
    trying_ = true;
    Status tried = write_parts(range, step, now);
    trying_ = false;
    WALFERRY_TRYV(tried);
    WALFERRY_TRYV(roll_back_to("walferry_block", before));
    Status written = fold_and_write(range, step, now);
    if (written || written.error().kind != ErrorKind::Data) return written;
    // Row by row it can be written, as a set it can't: two rows swap a unique value, say.
    WALFERRY_TRYV(roll_back_to("walferry_block", before));
    return write_parts(range, step, now);
}

Status CarefulWriter::write_parts(const Range& range, const StepContext& step, PgTime now) {
    const std::size_t size = range.end - range.begin;
    const std::size_t parts = size > small_range ? parts_of_large : parts_of_small;
    for (std::size_t i = 0; i < parts; ++i) {
        Range part = range;
        part.begin = range.begin + size * i / parts;
        part.end = range.begin + size * (i + 1) / parts;
        WALFERRY_TRYV(write_range(part, step, now));
    }
    return success();
}

Result<bool> CarefulWriter::find_refused(const TableBatch& batch, const std::shared_ptr<Table>& table,
                                         PgTime now) {
    bool found = false;
    for (std::size_t begin = 0; begin < batch.events().size();) {
        std::size_t end = begin;
        for (std::size_t target = 0; target < table->plans.size(); ++target) {
            const Trial trial{batch, table, now, begin, target};
            WALFERRY_TRYV(rehearse(trial, [&](const Range& range) -> Status {
                end = range.end;
                WALFERRY_TRY(in_rows, find_refused_rows(range));
                found = found || in_rows;
                return success();
            }));
            WALFERRY_TRY(by_trial, find_by_trial(trial, end));
            found = found || by_trial;
        }
        begin = end;
    }
    return found;
}

/// Writes all events before those of the trial, without those of them that are known to be refused, and
/// brings the table to the trial's shape; in the session's open transaction.
Result<CarefulWriter::Written> CarefulWriter::lead_up(const Trial& trial) {
    Written written{trial.table};
    if (!book_.knows(*trial.table)) {
        WALFERRY_TRYV(book_.load(session_, *trial.table));
    }
    for (std::size_t begin = 0;;) {
        const std::size_t end = end_of_shape(trial.batch, written, begin);
        WALFERRY_TRYV(write_events(trial.batch, written, begin, std::min(end, trial.begin), {}, trial.now));
        if (end > trial.begin) return written;
        WALFERRY_TRYV(reshape(trial.batch.events()[end], end > 0, written));
        begin = end;
    }
}

/// Does the work on the trial's events, all of them that have its shape, as the real transaction will find
/// the target when it comes to them; then rolls all of it back. An error of kind Data is one of these events.
Status CarefulWriter::rehearse(const Trial& trial, const std::function<Status(const Range&)>& work) {
    WALFERRY_TRYV(session_.begin());
    const Mark before = mark();
    trying_ = true;
    auto led = lead_up(trial);
    Status done = success();
    if (led) {
        const Written& shape = led.value();
        const auto& plan = shape.table->plans[trial.target];
        Range range{trial.batch, *shape.table, plan, trial.begin,
                    end_of_shape(trial.batch, shape, trial.begin)};
        if (shape.needs_copy && plan->mode != TableMode::Append) range.begin = range.end;
        done = work(range);
    } else {
        done = led.error();
        if (led.error().kind == ErrorKind::Data) done = can_not_be_told(led.error(), trial.batch.source());
    }
    trying_ = false;
    session_.rollback();
    back_to(before);
    writer_.transaction_ended();
    return done;
}

Result<bool> CarefulWriter::find_refused_rows(const Range& range) {
    WALFERRY_TRY(refused,
                 refused_rows(session_, {range.batch, range.begin, range.end}, range.table, *range.plan));
    bool found = false;
    for (auto& [sequence, refusal] : refused) {
        const auto added =
            known_.try_emplace({range.plan->source.id, range.plan->number, sequence}, std::move(refusal));
        found = found || added.second;
    }
    return found;
}

/// Whether the trial's events up to `end` can be written; where not, `refused` says why.
Result<bool> CarefulWriter::try_prefix(const Trial& trial, std::size_t end, Error& refused) {
    Status written = rehearse(trial, [&](const Range& all) {
        Range prefix = all;
        prefix.end = end;
        prefix.begin = std::min(all.begin, end);
        return fold_and_write(prefix, {}, trial.now);
    });
    if (written) return true;
    if (written.error().kind != ErrorKind::Data) return written.error();
    refused = written.error();
    return false;
}

/// One event after the other, each by halving the prefix that it spoils.
Result<bool> CarefulWriter::find_by_trial(const Trial& trial, std::size_t end) {
    const TablePlan& plan = *trial.table->plans[trial.target];
    for (int found = 0;; ++found) {
        Error why;
        WALFERRY_TRY(all_fit, try_prefix(trial, end, why));
        if (all_fit) return found > 0;
        if (found == found_by_trial_max) {
            return Error{ErrorKind::Refused,
                         fmt::format("more than {} rows of one batch can't be stored in {}: {}", found,
                                     to_string(plan.target), why.message),
                         "DuckDB can't tell which rows a unique index refuses: drop it, then `walferry run "
                         "CONFIG`",
                         ""};
        }
        std::size_t good = trial.begin, bad = end;
        while (bad - good > 1) {
            const std::size_t middle = good + (bad - good) / 2;
            Error refused;
            WALFERRY_TRY(fits, try_prefix(trial, middle, refused));
            (fits ? good : bad) = middle;
            if (!fits) why = refused;
        }
        const RecordedEvent& event = trial.batch.events()[bad - 1];
        const auto added = known_.try_emplace({plan.source.id, plan.number, event.sequence}, refusal_of(why));
        if (!added.second) return why;  // refused, and still in the way
    }
}

}  // namespace walferry
