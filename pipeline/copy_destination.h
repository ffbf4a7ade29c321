#pragma once

#include "apply/table_registry.h"
#include "capture/snapshot/snapshot_reader.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// Where the rows of a copy go, and by what a worker knows that they still may. Called by the copy's workers,
/// each with its own session; `complete` by one at a time.
class CopyDestination {
 public:
    virtual ~CopyDestination() = default;

    /// Before the snapshot is taken, in a transaction of its own: the place is empty after it.
    virtual Status prepare(WarehouseSession& session, Table& table) = 0;
    /// What is filled for this target.
    virtual TargetName filled(const Table& table, const TablePlan& plan) const = 0;
    /// The last statement of each transaction of a worker: kind Fenced when the copy is not ours any more.
    virtual Status hold(WarehouseSession& session, const Table& table) = 0;
    /// All chunks are there: what ends the copy, in a transaction of its own. The snapshot is noted in
    /// `table`.
    virtual Status complete(WarehouseSession& session, SnapshotHolder& holder, Table& table) = 0;
};

/// Makes what an index of the filled table still lacks for rows to be found by key.
Status add_key_indexes(WarehouseSession& session, const TablePlan& plan);

}  // namespace walferry
