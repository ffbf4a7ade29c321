#pragma once

#include "checkpoint/checkpoint_store.h"

namespace walferry {

/// How the one who applies changes says how far it is: fenced, in the transaction that has the changes. Of
/// PostgreSQL's log that is one row a pipeline, of Kafka one a partition. Thread-safe.
class CheckpointKeeper {
 public:
    virtual ~CheckpointKeeper() = default;

    /// Everything up to `position` is applied. `commit_time`: the newest of what is applied now, 0 for none.
    /// Kind Fenced when another one has taken over.
    virtual Status save(WarehouseSession& session, Lsn position, std::int64_t commit_time) const = 0;

    /// The transaction that saved `position` is committed.
    virtual void committed(Lsn position) const { (void)position; }

    /// Fails with kind Fenced unless we still own what we apply, and keeps it so until the transaction ends
    /// (PostgreSQL). For transactions that change targets without moving on.
    virtual Status hold(WarehouseSession& session) const = 0;
};

/// A pipeline's checkpoint row, under the epoch of whoever runs it.
class PipelineCheckpoint final : public CheckpointKeeper {
 public:
    PipelineCheckpoint(CheckpointStore store, std::uint64_t epoch)
        : store_(std::move(store)), epoch_(epoch) {}

    Status save(WarehouseSession& session, Lsn position, std::int64_t commit_time) const override {
        return store_.save(session, position, epoch_, commit_time);
    }
    Status hold(WarehouseSession& session) const override { return store_.hold(session, epoch_); }

 private:
    CheckpointStore store_;
    std::uint64_t epoch_;
};

}  // namespace walferry
