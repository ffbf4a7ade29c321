#pragma once

#include <memory>

#include "apply/encoded_change.h"
#include "apply/table_plan.h"
#include "apply/upsert/net_changes.h"

namespace walferry {

/// What a batch comes down to for one upsert target: net changes by key, or by row where there is no key.
class UpsertChanges {
 public:
    /// `shares_rows`: other targets hold on to the rows, so that their bytes can't be used again.
    UpsertChanges(std::shared_ptr<const TablePlan> plan, bool shares_rows);

    Status add(const EncodedChange& change, Arena& arena);
    /// Takes in an insert, or an update with all values, of a row that the target may or may not have (an
    /// earlier version was refused): whatever it has of the old and the new key goes.
    Status replace(const EncodedChange& change, Arena& arena);

    /// Whatever the target has under the change's new key goes.
    void vacate(const EncodedChange& change, Arena& arena) { net_.remove(change.key, arena); }

    const TablePlan& plan() const { return *plan_; }
    /// The target is emptied (or all its rows are marked deleted) before anything else.
    bool truncated() const { return truncated_; }
    Lsn truncate_lsn() const { return truncate_lsn_; }
    NetChanges& net() { return net_; }
    RowCounts& rows() { return rows_; }

    std::size_t size() const { return net_.size() + rows_.size(); }
    std::size_t bytes() const { return net_.bytes() + rows_.bytes(); }

 private:
    void truncate(const EncodedChange& change, Arena& arena);
    Status fold_keyed(const EncodedChange& change, Arena& arena);
    Status fold_counted(const EncodedChange& change, Arena& arena);
    Error insert_without_value() const;

    std::shared_ptr<const TablePlan> plan_;
    bool truncated_ = false;
    Lsn truncate_lsn_;
    NetChanges net_;
    RowCounts rows_;
};

}  // namespace walferry
