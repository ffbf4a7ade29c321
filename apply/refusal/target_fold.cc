#include "apply/refusal/target_fold.h"

#include "apply/refusal/letter.h"
#include "capture/pgoutput/change_decoder.h"

namespace walferry {

namespace {

Refusal depends_on_letter() {
    return {DeadLetterStage::Apply, "hollow",
            "the change leaves values out (unchanged TOAST) that only a dead letter of this row has: replay "
            "that one first, or update the row at the source"};
}

}  // namespace

TargetFold::TargetFold(const Table& table, std::shared_ptr<const TablePlan> plan, LetterBook& book,
                       const KnownRefusals& known, RowCheck* check)
    : plan_(std::move(plan)),
      book_(book),
      known_(known),
      check_(check),
      encoder_(table.encoding_plan(), check != nullptr || plan_->mode != TableMode::Upsert),
      changes_(changes_for(plan_, true)) {}

Status TargetFold::add(const RecordedEvent& recorded, const Refusal* refusal) {
    Transaction transaction;
    transaction.xid = recorded.xid;
    transaction.commit_lsn = recorded.sequence.commit_lsn;
    transaction.commit_time = recorded.commit_time;
    WALFERRY_TRY(message, decoder_.decode(recorded.message));
    WALFERRY_TRY(event, to_change(message, recorded.message, *recorded.relation, recorded.sequence));
    event.record = recorded.record;
    ++events_;
    if (refusal != nullptr) return refuse(event, transaction, *refusal);
    const auto known = known_.find({plan_->source.id, plan_->number, recorded.sequence});
    if (known != known_.end()) return refuse(event, transaction, known->second);
    auto change = encode(event, transaction);
    if (!change) {
        if (change.error().kind != ErrorKind::Data) return change.error();
        return refuse(event, transaction, {DeadLetterStage::Map, "value", change.error().message});
    }
    if (event.kind == ChangeKind::Truncate) {
        if (plan_->applies_truncate && !is_log()) book_.make_up_all(*plan_);
        return fold(change.value(), false);
    }
    return plan_->has_key() ? add_keyed(change.value()) : add_counted(change.value());
}

Result<EncodedChange> TargetFold::encode(const ChangeEvent& event, const Transaction& transaction) {
    WALFERRY_TRY(change, encoder_.encode(event, transaction, arena_));
    if (check_ == nullptr || change.row.empty()) return change;
    WALFERRY_TRYV(check_->check(change.data()));
    return change;
}

Status TargetFold::fold(const EncodedChange& change, bool replaces) {
    ++folded_;
    return std::visit(
        [&](auto& changes) {
            return replaces ? changes.replace(change, arena_) : changes.add(change, arena_);
        },
        changes_);
}

Status TargetFold::add_keyed(const EncodedChange& change) {
    const bool moves = !change.old_key.empty() && change.old_key != change.key;
    const std::string_view from = moves ? change.old_key : change.key;
    const bool from_hollow = book_.is_hollow(*plan_, from);
    const bool removes = change.kind() == ChangeKind::Delete;
    const bool marks_only = removes && plan_->marks_deleted();
    if (from_hollow && (change.has_unchanged || marks_only))
        return refuse(*change.event, *change.transaction, depends_on_letter());
    if (removes && plan_->mode == TableMode::Upsert && plan_->on_delete == OnDelete::Ignore)
        return fold(change, false);
    bool replaces = !removes && (from_hollow || book_.is_hollow(*plan_, change.key));
    if (replaces && change.has_unchanged) {
        // It comes from another key, which has its values, to one under which anything may stand.
        std::visit([&](auto& changes) { changes.vacate(change, arena_); }, changes_);
        replaces = false;
    }
    WALFERRY_TRYV(fold(change, replaces));
    book_.make_up(*plan_, change.key);
    if (moves) book_.make_up(*plan_, change.old_key);
    return success();
}

/// Without a key an event touches one of several equal rows. Where one of them is a letter, events go on as
/// letters, so that a replay does what the source did, in its order.
Status TargetFold::add_counted(const EncodedChange& change) {
    if (!is_log() && book_.has_hollow(*plan_)) {
        WALFERRY_TRY(old_row, encoder_.old_identity(*change.event));
        if (change.kind() == ChangeKind::Delete) {
            WALFERRY_TRY(row, encoder_.identity(*change.event));
            old_row = row;
        }
        if (!old_row.empty() && book_.is_hollow(*plan_, old_row)) {
            return refuse(*change.event, *change.transaction,
                          {DeadLetterStage::Apply, "hollow", "the row that it changes is a dead letter"});
        }
    }
    return fold(change, false);
}

Status TargetFold::refuse(const ChangeEvent& event, const Transaction& transaction, const Refusal& refusal) {
    DeadLetter letter = letter_of(*plan_, event, transaction, refusal);
    // What can't be represented was never there to be removed.
    const auto identity = encoder_.identity(event);
    if (!identity && identity.error().kind != ErrorKind::Data) return identity.error();
    const bool removes = event.kind == ChangeKind::Delete;
    if (removes && !identity && !is_log() && book_.make_up_unrepresentable(*plan_, letter.key.value_or("")))
        return success();
    ++refused_;
    last_error_ = refusal.message;
    book_.add(*plan_, identity ? identity.value() : std::string_view{}, std::move(letter));
    return event.kind == ChangeKind::Update ? leave_old_key(event, transaction) : Status{success()};
}

/// The row under the old key is none of the source's any more, whatever becomes of the new one.
Status TargetFold::leave_old_key(const ChangeEvent& event, const Transaction& transaction) {
    if (!event.before || !plan_->has_key() || is_log()) return success();
    if (plan_->mode == TableMode::Upsert && plan_->on_delete == OnDelete::Ignore) return success();
    const auto old_key = encoder_.old_identity(event);
    const auto key = encoder_.identity(event);
    if (!old_key || (key && key.value() == old_key.value())) return success();
    const std::string old(old_key.value());
    if (plan_->marks_deleted() && book_.is_hollow(*plan_, old)) return success();
    ChangeEvent removal = event;
    removal.kind = ChangeKind::Delete;
    removal.after = {};
    WALFERRY_TRY(change, encoder_.encode(removal, transaction, arena_));
    WALFERRY_TRYV(fold(change, false));
    book_.make_up(*plan_, old);
    return success();
}

}  // namespace walferry
