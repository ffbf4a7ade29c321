#include "apply/table_batch.h"

#include "apply/row_fields.h"

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

namespace {

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

}  // namespace

TableBatch::TableBatch(std::shared_ptr<Table> table, bool keep) : table_(std::move(table)), keep_(keep) {
    if (keep_) return;
    for (const auto& plan : table_->plans) targets_.push_back(changes_for(plan, table_->plans.size() > 1));
}

Status TableBatch::add(const ChangeEvent& event, const Transaction& transaction, Arena& arena) {
    if (counts_.total() == 0) first_commit_time_ = transaction.commit_time;
    counts_.count(event.kind);
    if (first_commit_time_ == 0) first_commit_time_ = transaction.commit_time;
    last_commit_lsn_ = transaction.commit_lsn;
    last_commit_time_ = transaction.commit_time;
    if (!keep_) return collect(event, transaction, arena);
    keep(event, transaction, arena);
    return success();
}

void TableBatch::keep(const ChangeEvent& event, const Transaction& transaction, Arena& arena) {
    if (kept_relation_version_ != event.relation->version) {
        kept_relation_version_ = event.relation->version;
        kept_.push_back({event.sequence, true, transaction.xid, transaction.commit_time,
                         arena.copy(event.relation->message)});
    }
    kept_.push_back(
        {event.sequence, false, transaction.xid, transaction.commit_time, arena.copy(event.message)});
}

Status TableBatch::collect(const ChangeEvent& event, const Transaction& transaction, Arena& arena) {
    if (!encoder_ || encoder_->relation_version() != event.relation->version) {
        WALFERRY_TRY(encoder, RowEncoder::make(table_->encoding_plan(), *event.relation));
        encoder_ = std::move(encoder);
    }
    EncodedChange change;
    change.event = &event;
    change.transaction = &transaction;
    change.encoder = &*encoder_;
    WALFERRY_TRYV(encode(change, arena));
    for (TargetChanges& target : targets_) {
        WALFERRY_TRYV(std::visit([&](auto& changes) { return changes.add(change, arena); }, target));
    }
    return success();
}

Status TableBatch::encode(EncodedChange& change, Arena& arena) {
    const ChangeEvent& event = *change.event;
    if (event.kind == ChangeKind::Truncate) return success();
    const TablePlan& plan = *table_->encoding_plan();
    if (event.before && plan.has_key()) {
        WALFERRY_TRY(key, encoder_->key(*event.before, old_key_));
        (event.kind == ChangeKind::Delete ? change.key : change.old_key) = key;
    }
    if (event.kind == ChangeKind::Delete) return success();
    const TupleData* before = event.before ? &*event.before : nullptr;
    WALFERRY_TRY(row,
                 encoder_->row(event.after, before, event.sequence.commit_lsn, arena, change.has_unchanged));
    change.row = row;
    // Walking over a row costs something: only targets that look at more than whole rows want to know.
    const bool whole_rows_do = plan.has_key() && targets_.size() == 1 && plan.mode == TableMode::Upsert;
    if (!whole_rows_do) change.data_bytes = leading_fields(row, plan.data_count()).size();
    if (plan.has_key()) change.key = leading_fields(row, plan.key_count);
    return success();
}

std::size_t TableBatch::size() const {
    std::size_t size = kept_.size();
    for (const TargetChanges& target : targets_)
        size += std::visit([](const auto& changes) { return changes.size(); }, target);
    return size;
}

std::size_t TableBatch::bytes() const {
    std::size_t bytes = kept_.capacity() * sizeof(KeptChange);
    for (const TargetChanges& target : targets_)
        bytes += std::visit([](const auto& changes) { return changes.bytes(); }, target);
    return bytes;
}

}  // namespace walferry
