#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apply/encoded_change.h"
#include "apply/table_plan.h"

namespace walferry {

/// The new row of an insert or update, with values that the stream left out as unchanged taken from the old
/// image where that has them. `scratch` may hold it.
TupleData new_row(const ChangeEvent& event, std::vector<ColumnValue>& scratch);

/// Brings the events of one table into load form, once for all its targets. One thread.
class EventEncoder {
 public:
    /// `measures`: a target looks at more than whole rows and wants to know where their data ends.
    EventEncoder(std::shared_ptr<const TablePlan> plan, bool measures)
        : plan_(std::move(plan)), measures_(measures || !plan_->has_key()) {}

    /// Views hold until the next call; the row lies in the arena. `event` and `transaction` are pointed to.
    /// Kind Data when a value can't be represented, Schema when the relation is not the one that was planned.
    Result<EncodedChange> encode(const ChangeEvent& event, const Transaction& transaction, Arena& arena);

    /// What the target tells the row apart by: the key of the new row, or of the one that a delete removes;
    /// without key the whole row. Holds until the next call.
    Result<std::string_view> identity(const ChangeEvent& event);
    /// The same of the row that the event replaces or removes; of an insert empty.
    Result<std::string_view> old_identity(const ChangeEvent& event);

 private:
    Status fit(const Relation& relation);
    Result<std::string_view> identity_of(const ChangeEvent& event, TupleData row, std::string& scratch);

    std::shared_ptr<const TablePlan> plan_;
    bool measures_;
    std::optional<RowEncoder> encoder_;
    std::string old_key_, identity_, old_identity_;  ///< scratch
    std::vector<ColumnValue> new_row_;               ///< scratch
};

}  // namespace walferry
