#pragma once

#include "apply/history/history_writer.h"
#include "apply/log/log_writer.h"
#include "apply/table_batch.h"
#include "apply/upsert/upsert_writer.h"

namespace walferry {

/// Applies the changes of one table to all its targets, inside the session's open transaction. Used by the
/// applier's thread; remembers what the session has, so it lives as long as the session.
class TableWriter {
 public:
    /// `latest_commit_time`: of all that is in the warehouse.
    TableWriter(WarehouseSession& session, WarehouseKind kind, PgTime latest_commit_time);

    Status write(TableBatch& batch, const StepContext& step, PgTime now);
    /// The changes of one of its targets.
    Status write(TargetChanges& target, const Table& table, const StepContext& step, PgTime now);
    /// The warehouse transaction is over.
    void transaction_ended() {
        staging_.transaction_ended();
        history_.transaction_ended();
    }

    /// What of the session's state a ROLLBACK TO SAVEPOINT has to bring back.
    struct Mark {
        Staging::Mark staging;
        HistoryWriter::Mark history;
    };
    Mark mark() const { return {staging_.mark(), history_.mark()}; }
    void back_to(const Mark& mark) {
        staging_.back_to(mark.staging);
        history_.back_to(mark.history);
    }

 private:
    Staging staging_;
    UpsertWriter upsert_;
    HistoryWriter history_;
    LogWriter log_;
    PgTime latest_commit_time_;
};

}  // namespace walferry
