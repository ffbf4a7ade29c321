#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <tuple>

#include "apply/event_encoder.h"
#include "apply/refusal/letter_book.h"
#include "apply/table_batch.h"
#include "capture/pgoutput/decoder.h"

namespace walferry {

/// Which events are known to be refused, and why; by table and target number.
using KnownRefusals = std::map<std::tuple<RelationId, int, SequenceKey>, Refusal>;

/// Folds recorded events for one target, one after the other, as TableBatch does for all at once; but what is
/// refused becomes a letter (in the book), and rows of which the target lacks the newest version are dealt
/// with: see LetterBook. Used by the applier's thread.
class TargetFold {
 public:
    /// `check`: see WarehouseSession::row_check; may be null.
    TargetFold(const Table& table, std::shared_ptr<const TablePlan> plan, LetterBook& book,
               const KnownRefusals& known, RowCheck* check);

    /// `refusal`: where the reader has refused the event, else null. Kind Schema when the event's relation is
    /// not the one that was planned.
    Status add(const RecordedEvent& recorded, const Refusal* refusal);

    TargetChanges& changes() { return changes_; }
    /// Whether there is anything to write.
    bool empty() const { return folded_ == 0; }
    std::uint64_t events() const { return events_; }
    std::uint64_t refused() const { return refused_; }
    /// Why the last one was.
    const std::string& last_error() const { return last_error_; }

 private:
    Result<EncodedChange> encode(const ChangeEvent& event, const Transaction& transaction);
    Status refuse(const ChangeEvent& event, const Transaction& transaction, const Refusal& refusal);
    Status leave_old_key(const ChangeEvent& event, const Transaction& transaction);
    Status add_keyed(const EncodedChange& change);
    Status add_counted(const EncodedChange& change);
    Status fold(const EncodedChange& change, bool replaces);
    bool is_log() const { return plan_->mode == TableMode::Append; }

    std::shared_ptr<const TablePlan> plan_;
    LetterBook& book_;
    const KnownRefusals& known_;
    RowCheck* check_;
    Arena arena_;
    Decoder decoder_;
    EventEncoder encoder_;
    TargetChanges changes_;
    std::uint64_t folded_ = 0, events_ = 0, refused_ = 0;
    std::string last_error_;
};

}  // namespace walferry
