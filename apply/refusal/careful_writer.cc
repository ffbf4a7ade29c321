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

}  // namespace

Result<CarefulWriter::Written> CarefulWriter::write(const TableBatch& batch, std::shared_ptr<Table> table,
                                                    const StepContext& step, PgTime now, bool rows_changed) {
    Written written{std::move(table), false, {}};
    looked_at_.clear();
    const auto& events = batch.events();
    const Relation* accepted = nullptr;  // the reshaper has nothing to do for it (any more)
    for (std::size_t begin = 0; begin < events.size();) {
        const std::size_t end = end_of_shape(batch, *written.table, begin, accepted);
        WALFERRY_TRYV(write_events(batch, *written.table, begin, end, step, now, written.needs_copy));
        begin = end;
        if (end == events.size()) break;
        WALFERRY_TRYV(book_.write(session_));  // by the keys that they have
        WALFERRY_TRY(reshaped, reshaper_->reshape(session_, written.table, *events[end].relation,
                                                  events[end].sequence, rows_changed || end > 0));
        written.table = std::move(reshaped.table);
        accepted = events[end].relation;
        written.needs_copy = written.needs_copy || reshaped.needs_copy;
        for (OutboxNotice& notice : reshaped.notices) written.notices.push_back(std::move(notice));
        WALFERRY_TRYV(book_.load(session_, *written.table));
    }
    return written;
}

/// One past the last event from `begin` on that the table's plans fit. Without a reshaper whoever encodes the
/// event says what is wrong.
std::size_t CarefulWriter::end_of_shape(const TableBatch& batch, const Table& table, std::size_t begin,
                                        const Relation* accepted) const {
    const auto& events = batch.events();
    if (reshaper_ == nullptr) return events.size();
    const Relation* fitting = accepted;
    std::size_t end = begin;
    for (; end < events.size(); ++end) {
        if (events[end].relation == fitting) continue;
        if (!fits(table.source(), *events[end].relation)) break;
        fitting = events[end].relation;
    }
    return end;
}

Status CarefulWriter::write_events(const TableBatch& batch, const Table& table, std::size_t begin,
                                   std::size_t end, const StepContext& step, PgTime now, bool logs_only) {
    if (begin == end) return success();
    for (const auto& plan : table.plans) {
        if (logs_only && plan->mode != TableMode::Append) continue;
        const Range range{batch, table, plan, begin, end};
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

Result<bool> CarefulWriter::find_refused(const TableBatch& batch, const Table& table, PgTime now) {
    bool found = false;
    const std::size_t end = end_of_shape(batch, table, 0);  // what comes after has no target yet
    if (end == 0) return false;
    for (const auto& plan : table.plans) {
        const Range all{batch, table, plan, 0, end};
        WALFERRY_TRYV(session_.begin());
        auto in_rows = find_refused_rows(all);
        session_.rollback();
        writer_.transaction_ended();
        if (!in_rows) return in_rows.error();
        WALFERRY_TRY(by_trial, find_by_trial(all, now));
        found = found || in_rows.value() || by_trial;
    }
    return found;
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

/// Whether the events up to the range's end can be written; where not, `refused` says why.
Result<bool> CarefulWriter::try_prefix(const Range& range, PgTime now, Error& refused) {
    WALFERRY_TRYV(session_.begin());
    const Mark before = mark();
    trying_ = true;
    Status written = fold_and_write(range, {}, now);
    trying_ = false;
    session_.rollback();
    back_to(before);
    writer_.transaction_ended();
    if (written) return true;
    if (written.error().kind != ErrorKind::Data) return written.error();
    refused = written.error();
    return false;
}

/// One event after the other, each by halving the prefix that it spoils.
Result<bool> CarefulWriter::find_by_trial(Range range, PgTime now) {
    const std::size_t all = range.end;
    for (int found = 0;; ++found) {
        Error why;
        range.end = all;
        WALFERRY_TRY(all_fit, try_prefix(range, now, why));
        if (all_fit) return found > 0;
        if (found == found_by_trial_max) {
            return Error{ErrorKind::Refused,
                         fmt::format("more than {} rows of one batch can't be stored in {}: {}", found,
                                     to_string(range.plan->target), why.message),
                         "DuckDB can't tell which rows a unique index refuses: drop it, then `walferry run "
                         "CONFIG`",
                         ""};
        }
        std::size_t good = 0, bad = all;
        while (bad - good > 1) {
            range.end = good + (bad - good) / 2;
            Error refused;
            WALFERRY_TRY(fits, try_prefix(range, now, refused));
            (fits ? good : bad) = range.end;
            if (!fits) why = refused;
        }
        const RecordedEvent& event = range.batch.events()[bad - 1];
        const auto added =
            known_.try_emplace({range.plan->source.id, range.plan->number, event.sequence}, refusal_of(why));
        if (!added.second) return why;  // refused, and still in the way
    }
}

}  // namespace walferry
