#pragma once

#include "checkpoint/resync_store.h"
#include "pipeline/copy_destination.h"

namespace walferry {

/// The copy of a table that streams on: rows go into its shadow, which nobody else writes meanwhile. The row
/// of its resync is the fence.
class ShadowDestination : public CopyDestination {
 public:
    ShadowDestination(const ControlSchema& control, std::int64_t resync, std::uint64_t epoch)
        : store_(control), resync_(resync), epoch_(epoch) {}

    /// The shadow was made empty with the transaction from which on changes are kept.
    Status prepare(WarehouseSession&, Table&) override { return success(); }
    TargetName filled(const Table&, const TablePlan& plan) const override { return plan.target; }
    Status hold(WarehouseSession& session, const Table& table) override;
    Status complete(WarehouseSession& session, SnapshotHolder& holder, Table& table) override;

 private:
    ResyncStore store_;
    std::int64_t resync_;
    std::uint64_t epoch_;
};

}  // namespace walferry
