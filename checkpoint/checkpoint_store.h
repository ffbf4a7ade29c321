#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "checkpoint/control_schema.h"

namespace walferry {

/// How far the warehouse is: everything the source committed before `position` is in it, in the same
/// warehouse commit that moved `position` there.
struct Checkpoint {
    /// end_lsn of the last applied transaction, or a later idle position. 0 while the pipeline is being set
    /// up: the row is written before the slot is made, so that a slot without one is known not to be ours.
    Lsn position;
    std::uint64_t system_identifier = 0;  ///< of the source's cluster
    std::uint32_t timeline = 0;
    std::string slot;
    bool made_publication =
        false;                ///< the publication is walferry's own: tables are added, `drop` removes it
    std::uint64_t epoch = 0;  ///< raised by every instance that takes the pipeline over: the fence
    /// Newest commit time at the source, microseconds since 2000, of all that was ever applied; clocks step
    /// back.
    std::int64_t latest_commit_time = 0;
};

/// The checkpoint row of one pipeline. Stateless beside the names: every method works inside the session's
/// current transaction (or on its own where none is open).
class CheckpointStore {
 public:
    explicit CheckpointStore(ControlSchema control) : control_(std::move(control)) {}

    Result<std::optional<Checkpoint>> read(WarehouseSession& session) const;

    /// Writes the first checkpoint of a pipeline. In DuckDB, which has no key on the row, the caller must
    /// have seen that there is none.
    Status create(WarehouseSession& session, const Checkpoint& first) const;

    /// Raises the epoch and returns the row as it is then: from here on every save of an older instance
    /// fails.
    Result<Checkpoint> take_over(WarehouseSession& session) const;

    /// Moves the position forward. Kind Fenced when the epoch is not `epoch` any more; kind Internal when the
    /// position would go back (the SQL itself refuses that). Saving the same position again is fine.
    /// `commit_time`: the newest of what is applied now, 0 for none.
    Status save(WarehouseSession& session, Lsn position, std::uint64_t epoch,
                std::int64_t commit_time = 0) const;

    /// Fails with kind Fenced unless the epoch still is `epoch`, and (PostgreSQL) keeps it so until the
    /// transaction ends. For transactions that change targets without moving the position; the last statement
    /// before their commit.
    Status hold(WarehouseSession& session, std::uint64_t epoch) const;

    /// Notes that the source goes on on another timeline (failover), fenced like `save`.
    Status save_timeline(WarehouseSession& session, std::uint32_t timeline, std::uint64_t epoch) const;

    const ControlSchema& control() const { return control_; }

 private:
    Status explain_refusal(WarehouseSession& session, Lsn position, std::uint64_t epoch) const;

    ControlSchema control_;
};

}  // namespace walferry
