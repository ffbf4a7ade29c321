#include "apply/upsert/upsert_changes.h"

#include "apply/row_fields.h"
#include "apply/staging_table.h"

namespace walferry {

UpsertChanges::UpsertChanges(std::shared_ptr<const TablePlan> plan, bool shares_rows)
    : plan_(std::move(plan)), net_(plan_->key_count, !shares_rows), rows_(!shares_rows) {}

Status UpsertChanges::add(const EncodedChange& change, Arena& arena) {
    if (change.kind() == ChangeKind::Truncate) {
        truncate(change, arena);
        return success();
    }
    return plan_->has_key() ? fold_keyed(change, arena) : fold_counted(change, arena);
}

Status UpsertChanges::replace(const EncodedChange& change, Arena& arena) {
    if (!plan_->has_key()) return fold_counted(change, arena);
    if (!change.old_key.empty() && change.old_key != change.key) net_.remove(change.old_key, arena);
    net_.remove(change.key, arena);
    net_.insert(change.row, arena);
    return success();
}

void UpsertChanges::truncate(const EncodedChange& change, Arena& arena) {
    if (!plan_->applies_truncate) return;
    truncated_ = true;
    truncate_lsn_ = change.event->sequence.commit_lsn;
    if (!plan_->marks_deleted()) {
        net_.clear();
        rows_.clear();
        return;
    }
    for (const NetChange& row : net_.changes()) {
        if (!row.present) continue;
        // An update of a row that is present never fails.
        (void)net_.update({}, change.encoder->deleted_row(row.key, truncate_lsn_, arena), true, arena);
    }
}

Status UpsertChanges::fold_keyed(const EncodedChange& change, Arena& arena) {
    switch (change.kind()) {
        case ChangeKind::Insert:
            if (change.has_unchanged)
                return plan_->source.from_kafka ? values_missing(*plan_) : insert_without_value();
            net_.insert(change.row, arena);
            break;
        case ChangeKind::Update:
            if (plan_->source.from_kafka &&
                net_.is_gone(change.old_key.empty() ? change.key : change.old_key))
                return change.has_unchanged ? Status{values_missing(*plan_)} : replace(change, arena);
            return net_.update(change.old_key, change.row, change.has_unchanged, arena);
        case ChangeKind::Delete:
            if (plan_->on_delete == OnDelete::Hard) net_.remove(change.key, arena);
            if (plan_->on_delete != OnDelete::Soft) break;
            return net_.update(
                {}, change.encoder->deleted_row(change.key, change.event->sequence.commit_lsn, arena), true,
                arena);
        case ChangeKind::Truncate:
            break;
    }
    return success();
}

/// A row filter that an update begins to satisfy makes an insert of it, without the values that did not
/// change.
Error UpsertChanges::insert_without_value() const {
    return Error{
        ErrorKind::Refused,
        plan_->source.qualified_name() +
            ": the source sent an insert without the value of a TOAST column, as it does when an update "
            "makes a row pass the publication's row filter",
        "ALTER TABLE … REPLICA IDENTITY FULL at the source, then `walferry drop` and `walferry run` copy "
        "the table anew",
        ""};
}

Status UpsertChanges::fold_counted(const EncodedChange& change, Arena& arena) {
    if (change.has_unchanged) {
        return Error{
            ErrorKind::Protocol,
            plan_->source.qualified_name() + ": an unchanged TOAST value without an old image under FULL", "",
            ""};
    }
    if (change.kind() != ChangeKind::Insert) {
        const ChangeEvent& event = *change.event;
        if (!event.before || !event.before_is_full) {
            return Error{
                ErrorKind::Schema,
                plan_->source.qualified_name() + " has no key and its replica identity is not FULL any more",
                "ALTER TABLE … REPLICA IDENTITY FULL at the source, then copy the table anew", ""};
        }
        bool has_unchanged = false;
        WALFERRY_TRY(old_row, change.encoder->row(*event.before, nullptr, event.sequence.commit_lsn, arena,
                                                  has_unchanged));
        rows_.add(old_row, leading_fields(old_row, plan_->data_count()).size(), -1, arena);
    }
    if (change.kind() != ChangeKind::Delete) rows_.add(change.row, change.data_bytes, +1, arena);
    return success();
}

}  // namespace walferry
