#include "apply/table_batch.h"

#include "apply/schema/shape_change.h"

namespace walferry {

void EventCounts::count(ChangeKind kind) {
    switch (kind) {
        case ChangeKind::Insert:
            ++inserts;
            break;
        case ChangeKind::Update:
            ++updates;
            break;
        case ChangeKind::Delete:
            ++deletes;
            break;
        case ChangeKind::Truncate:
            ++truncates;
            break;
    }
}

TargetChanges changes_for(const std::shared_ptr<const TablePlan>& plan, bool shares_rows) {
    switch (plan->mode) {
        case TableMode::Upsert:
            break;
        case TableMode::Scd2:
            return HistoryChanges(plan);
        case TableMode::Append:
            return LogChanges(plan);
    }
    return UpsertChanges(plan, shares_rows);
}

TableBatch::TableBatch(std::shared_ptr<Table> table, bool keep)
    : table_(std::move(table)), keep_(keep), folded_(!keep) {
    if (keep_) return;
    const std::vector<std::shared_ptr<const TablePlan>>& plans = table_->plans;
    const bool measures = plans.size() > 1 || plans.front()->mode != TableMode::Upsert;
    encoder_.emplace(table_->encoding_plan(), measures);
    for (const auto& plan : plans) targets_.push_back(changes_for(plan, plans.size() > 1));
}

Status TableBatch::add(const ChangeEvent& event, const Transaction& transaction, Arena& arena) {
    record(event, transaction, arena);
    if (folded_ && !fits_plans(*event.relation)) give_up_folding();
    if (!folded_) return success();
    ChangeEvent kept = event;
    kept.record = events_.back().record;
    Status collected = collect(kept, transaction, arena);
    if (collected) return collected;
    const ErrorKind kind = collected.error().kind;
    if (kind != ErrorKind::Data && kind != ErrorKind::Schema) return collected;
    give_up_folding();
    return success();
}

bool TableBatch::fits_plans(const Relation& relation) {
    if (relation.version == fitting_version_) return true;
    if (!fits(table_->source(), relation)) return false;
    fitting_version_ = relation.version;
    return true;
}

void TableBatch::refuse(const ChangeEvent& event, const Transaction& transaction, Refusal refusal,
                        Arena& arena) {
    record(event, transaction, arena);
    refusals_.push_back(std::move(refusal));
    events_.back().refusal = static_cast<std::uint32_t>(refusals_.size());
    if (folded_) give_up_folding();
}

void TableBatch::give_up_folding() {
    folded_ = false;
    targets_.clear();
}

const RecordOrigin* TableBatch::kept_record(const ChangeEvent& event) {
    return event.record == nullptr ? nullptr : &records_.emplace_back(*event.record);
}

/// The message goes before the row: a row that turns out to be needless can be given back only while it is
/// the newest of the arena.
void TableBatch::record(const ChangeEvent& event, const Transaction& transaction, Arena& arena) {
    if (counts_.total() == 0) first_commit_time_ = transaction.commit_time;
    counts_.count(event.kind);
    last_commit_lsn_ = transaction.commit_lsn;
    last_commit_time_ = transaction.commit_time;
    events_.push_back({event.relation, event.sequence, transaction.commit_time, transaction.xid, 0,
                       arena.copy(event.message), kept_record(event)});
}

Status TableBatch::collect(const ChangeEvent& event, const Transaction& transaction, Arena& arena) {
    WALFERRY_TRY(change, encoder_->encode(event, transaction, arena));
    for (TargetChanges& target : targets_) {
        WALFERRY_TRYV(std::visit([&](auto& changes) { return changes.add(change, arena); }, target));
    }
    return success();
}

std::size_t TableBatch::size() const {
    if (!folded_) return events_.size();
    std::size_t size = 0;
    for (const TargetChanges& target : targets_)
        size += std::visit([](const auto& changes) { return changes.size(); }, target);
    return size;
}

std::size_t TableBatch::bytes() const {
    std::size_t bytes = events_.capacity() * sizeof(RecordedEvent) + records_.size() * sizeof(RecordOrigin);
    for (const TargetChanges& target : targets_)
        bytes += std::visit([](const auto& changes) { return changes.bytes(); }, target);
    return bytes;
}

}  // namespace walferry
