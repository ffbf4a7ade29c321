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

TableBatch::TableBatch(std::shared_ptr<Table> table, bool keep)
    : table_(std::move(table)), keep_(keep), net_(table_->plan->key_count) {}

Status TableBatch::add(const ChangeEvent& event, const Transaction& transaction, Arena& arena) {
    counts_.count(event.kind);
    last_commit_time_ = transaction.commit_time;
    if (keep_) {
        keep(event, transaction, arena);
        return success();
    }
    return fold(event, arena);
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

Status TableBatch::fold(const ChangeEvent& event, Arena& arena) {
    if (event.kind == ChangeKind::Truncate) {
        truncated_ = true;
        net_.clear();
        rows_.clear();
        return success();
    }
    if (!encoder_ || encoder_->relation_version() != event.relation->version) {
        WALFERRY_TRY(encoder, RowEncoder::make(table_->plan, *event.relation));
        encoder_ = std::move(encoder);
    }
    return plan().has_key() ? fold_keyed(event, arena) : fold_counted(event, arena);
}

Status TableBatch::fold_keyed(const ChangeEvent& event, Arena& arena) {
    const Lsn commit_lsn = event.sequence.commit_lsn;
    bool has_unchanged = false;
    if (event.kind == ChangeKind::Delete) {
        WALFERRY_TRY(key, encoder_->key(*event.before, scratch_));
        net_.remove(key, arena);
        return success();
    }
    const TupleData* before = event.before ? &*event.before : nullptr;
    WALFERRY_TRY(row, encoder_->row(event.after, before, commit_lsn, arena, has_unchanged));
    if (event.kind == ChangeKind::Insert) {
        if (has_unchanged) return insert_without_value();
        net_.insert(row, arena);
        return success();
    }
    std::string_view old_key;
    if (event.before) {
        WALFERRY_TRY(key, encoder_->key(*event.before, scratch_));
        old_key = key;
    }
    return net_.update(old_key, row, has_unchanged, arena);
}

/// A row filter that an update begins to satisfy makes an insert of it, without the values that did not
/// change.
Error TableBatch::insert_without_value() const {
    return Error{
        ErrorKind::Refused,
        plan().source.qualified_name() +
            ": the source sent an insert without the value of a TOAST column, as it does when an update "
            "makes a row pass the publication's row filter",
        "ALTER TABLE … REPLICA IDENTITY FULL at the source, then `walferry drop` and `walferry run` copy "
        "the table anew",
        ""};
}

Status TableBatch::fold_counted(const ChangeEvent& event, Arena& arena) {
    const Lsn commit_lsn = event.sequence.commit_lsn;
    if (event.kind != ChangeKind::Insert) {
        if (!event.before || !event.before_is_full) {
            return Error{
                ErrorKind::Schema,
                plan().source.qualified_name() + " has no key and its replica identity is not FULL any more",
                "ALTER TABLE … REPLICA IDENTITY FULL at the source, then copy the table anew", ""};
        }
        WALFERRY_TRYV(count_row(*event.before, nullptr, commit_lsn, -1, arena));
    }
    if (event.kind == ChangeKind::Delete) return success();
    const TupleData* before = event.before ? &*event.before : nullptr;
    return count_row(event.after, before, commit_lsn, +1, arena);
}

Status TableBatch::count_row(TupleData tuple, const TupleData* before, Lsn commit_lsn, std::int64_t count,
                             Arena& arena) {
    bool has_unchanged = false;
    WALFERRY_TRY(row, encoder_->row(tuple, before, commit_lsn, arena, has_unchanged));
    if (has_unchanged) {
        return Error{
            ErrorKind::Protocol,
            plan().source.qualified_name() + ": an unchanged TOAST value without an old image under FULL", "",
            ""};
    }
    rows_.add(row, leading_fields(row, plan().data_count()).size(), count, arena);
    return success();
}

std::size_t TableBatch::bytes() const {
    return net_.bytes() + rows_.bytes() + kept_.capacity() * sizeof(KeptChange);
}

}  // namespace walferry
