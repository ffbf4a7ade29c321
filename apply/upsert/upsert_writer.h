#pragma once

#include <map>
#include <string>
#include <vector>

#include "apply/upsert/merge_plan.h"
#include "apply/upsert/upsert_changes.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// Applies the net changes of one upsert target inside the session's open transaction:
///
///   truncate → staged deletes → staged replacements → rows that moved → new rows, straight into the target
///
/// Deletes come before everything that adds a key, and values of unchanged fields are read before anything is
/// deleted. New rows are known to be new; should the target object all the same (somebody wrote into it),
/// they take the staged path: a unique violation never fails a batch. Used by the applier's thread.
class UpsertWriter {
 public:
    UpsertWriter(WarehouseSession& session, WarehouseKind kind, Staging& staging)
        : session_(session), kind_(kind), staging_(staging) {}

    Status write(UpsertChanges& changes, PgTime now);

 private:
    /// Rows with the same unchanged columns, which one statement can handle.
    struct Group {
        UnchangedColumns unchanged;
        std::vector<NetChange*> changes;
    };
    struct Work {
        std::vector<std::string_view> gone;
        std::map<UnchangedColumns, Group> changed;
        std::map<UnchangedColumns, Group> moved;
        std::vector<NetChange*> fresh;
        bool stages() const { return !gone.empty() || !changed.empty() || !moved.empty(); }
    };

    Work sort_out(const TablePlan& plan, std::span<NetChange> changes) const;
    Status write_keyed(UpsertChanges& changes, PgTime now);
    Status write_counted(UpsertChanges& changes, PgTime now);
    Status stage(const TablePlan& plan, const Work& work);
    Status load_groups(const TablePlan& plan, const TargetName& target,
                       const std::vector<TargetColumn>& columns,
                       const std::map<UnchangedColumns, Group>& groups, bool with_base);
    Status merge_postgres(const TablePlan& plan, const Work& work);
    Status merge_duckdb(const TablePlan& plan, const Work& work);
    Status fill(const TablePlan& plan, const std::map<UnchangedColumns, Group>& groups, bool moved);
    Status load_fresh(const TablePlan& plan, const Work& work);
    Status load_fresh_staged(const TablePlan& plan, const Work& work);
    Status load_rows(const TablePlan& plan, const std::vector<NetChange*>& changes);

    WarehouseSession& session_;
    WarehouseKind kind_;
    Staging& staging_;
};

}  // namespace walferry
