#pragma once

#include <memory>

#include "apply/pending_changes.h"
#include "apply/refusal/careful_writer.h"
#include "apply/table_writer.h"

namespace walferry {

/// Brings the changes that are kept of a streaming table into its shadow: a table beside the targets that a
/// resync fills. What the shadow refuses was refused by the targets too, and is left out here as it was
/// there; the letters that come of it belong to the shadow (`office`), and nobody is told of them.
///
/// Used by one thread at a time, and lives no longer than its session.
class ShadowWriter {
 public:
    ShadowWriter(WarehouseSession& session, WarehouseKind kind, const ControlSchema& control,
                 DeadLetterOffice& office, PgTime latest_commit_time);

    /// Applies some of the oldest kept changes in the session's open transaction, and removes them. Kind
    /// Data: a row is refused; roll back, then `find_refused`, then once more with `careful`.
    Result<PendingChanges::Drained> drain(const std::shared_ptr<Table>& shadow, bool careful);

    /// DuckDB, where a failed statement gives a transaction up: finds the rows that the next `drain` is going
    /// to leave out. No transaction is open.
    Status find_refused(const std::shared_ptr<Table>& shadow);

    void committed();
    void rolled_back();

 private:
    WarehouseSession& session_;
    WarehouseKind kind_;
    TableWriter writer_;
    LetterBook book_;
    CarefulWriter careful_;
    PendingChanges pending_;
};

}  // namespace walferry
