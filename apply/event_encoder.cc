#include "apply/event_encoder.h"

#include "apply/row_fields.h"

namespace walferry {

TupleData new_row(const ChangeEvent& event, std::vector<ColumnValue>& scratch) {
    if (!event.before) return event.after;
    scratch.assign(event.after.begin(), event.after.end());
    for (std::size_t i = 0; i < scratch.size(); ++i) {
        if (scratch[i].kind != ValueKind::UnchangedToast) continue;
        const ColumnValue& old = (*event.before)[i];
        if (old.kind == ValueKind::Text || event.before_is_full) scratch[i] = old;
    }
    return scratch;
}

Status EventEncoder::fit(const Relation& relation) {
    if (encoder_ && encoder_->relation_version() == relation.version) return success();
    WALFERRY_TRY(encoder, RowEncoder::make(plan_, relation));
    encoder_ = std::move(encoder);
    return success();
}

Result<EncodedChange> EventEncoder::encode(const ChangeEvent& event, const Transaction& transaction,
                                           Arena& arena) {
    WALFERRY_TRYV(fit(*event.relation));
    EncodedChange change;
    change.event = &event;
    change.transaction = &transaction;
    change.encoder = &*encoder_;
    if (event.kind == ChangeKind::Truncate) return change;
    if (event.before && plan_->has_key()) {
        WALFERRY_TRY(key, encoder_->key(*event.before, old_key_));
        (event.kind == ChangeKind::Delete ? change.key : change.old_key) = key;
    }
    if (event.kind == ChangeKind::Delete) return change;
    const TupleData* before = event.before ? &*event.before : nullptr;
    WALFERRY_TRY(row,
                 encoder_->row(event.after, before, event.sequence.commit_lsn, arena, change.has_unchanged));
    change.row = row;
    // Walking over a row costs something: only targets that look at more than whole rows want to know.
    if (measures_) change.data_bytes = leading_fields(row, plan_->data_count()).size();
    if (plan_->has_key()) change.key = leading_fields(row, plan_->key_count);
    return change;
}

Result<std::string_view> EventEncoder::identity_of(const ChangeEvent& event, TupleData row,
                                                   std::string& scratch) {
    WALFERRY_TRYV(fit(*event.relation));
    return plan_->has_key() ? encoder_->key(row, scratch) : encoder_->whole(row, scratch);
}

Result<std::string_view> EventEncoder::identity(const ChangeEvent& event) {
    if (event.kind == ChangeKind::Delete) return identity_of(event, *event.before, identity_);
    return identity_of(event, new_row(event, new_row_), identity_);
}

Result<std::string_view> EventEncoder::old_identity(const ChangeEvent& event) {
    if (event.before) return identity_of(event, *event.before, old_identity_);
    if (event.kind == ChangeKind::Insert) return std::string_view{};
    return identity_of(event, event.after, old_identity_);
}

}  // namespace walferry
