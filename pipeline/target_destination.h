#pragma once

#include "checkpoint/checkpoint_store.h"
#include "checkpoint/table_state_store.h"
#include "dlq/dead_letter_office.h"
#include "pipeline/copy_destination.h"

namespace walferry {

/// The first copy of a table, or one that makes it anew while nothing is applied to it: rows go into its
/// targets, or, where one of them has rows, into tables beside all of them, which are brought into the
/// targets at the end. Its state row (copying → catching_up) is the fence.
class TargetDestination : public CopyDestination {
 public:
    struct Owner {
        std::uint64_t epoch = 0;
        PgTime latest_commit_time = 0;        ///< of all that is in the warehouse
        DeadLetterOffice* letters = nullptr;  ///< may be null
    };
    TargetDestination(const ControlSchema& control, Owner owner);

    Status prepare(WarehouseSession& session, Table& table) override;
    TargetName filled(const Table& table, const TablePlan& plan) const override;
    Status hold(WarehouseSession& session, const Table& table) override;
    Status complete(WarehouseSession& session, SnapshotHolder& holder, Table& table) override;

 private:
    static Result<bool> keeps_rows(WarehouseSession& session, const Table& table);
    Status supersede_letters(WarehouseSession& session, const Table& table) const;
    Status complete_target(WarehouseSession& session, SnapshotHolder& holder, const Table& table,
                           const TablePlan& plan);

    ControlSchema control_;
    Owner owner_;
    TableStateStore states_;
    CheckpointStore checkpoints_;
};

}  // namespace walferry
