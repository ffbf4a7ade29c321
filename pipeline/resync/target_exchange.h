#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apply/copied_fields.h"
#include "apply/table_plan.h"
#include "dlq/dead_letter_store.h"

namespace walferry {

/// Brings one target to what the shadow of its table holds: an upsert target gets its rows, a history ends
/// and opens versions where they differ, a log gets all rows as read (`r`).
class TargetExchange {
 public:
    TargetExchange(const TablePlan& target, const TargetName& shadow, const TargetName& keys);

    /// While both are seen at one position, which `moment` names: writes the keys that differ into the table
    /// of keys, which it makes; or the rows into the log.
    std::vector<std::string> compare_sql(const CopyMoment& moment) const;

    /// When both have got all changes since: exchanges the rows of those keys. Those that are hollow stay,
    /// though the shadow lacks them. `moment`: the position, and the time at which versions of a history end
    /// and begin. Gives the number of rows that were not as they should be.
    Result<std::uint64_t> run(WarehouseSession& session, const CopyMoment& moment,
                              const HollowKeys& hollow) const;

 private:
    Status spare(WarehouseSession& session, const HollowKeys& hollow) const;
    bool by_key() const { return target_.has_key() && target_.mode != TableMode::Append; }

    const TablePlan& target_;
    TargetName shadow_;
    TargetName keys_;
};

}  // namespace walferry
