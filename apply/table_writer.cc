#include "apply/table_writer.h"

#include <algorithm>

namespace walferry {

TableWriter::TableWriter(WarehouseSession& session, WarehouseKind kind, PgTime latest_commit_time)
    : staging_(session),
      upsert_(session, kind, staging_),
      history_(session, staging_),
      log_(session, staging_),
      latest_commit_time_(latest_commit_time) {}

Status TableWriter::write(TableBatch& batch, const StepContext& step, PgTime now) {
    for (TargetChanges& target : batch.targets()) {
        Status written = write(target, *batch.table(), step, now);
        if (!written) return written.error().in(batch.source().qualified_name());
    }
    return success();
}

Status TableWriter::write(TargetChanges& target, const Table& table, const StepContext& step, PgTime now) {
    if (auto* upsert = std::get_if<UpsertChanges>(&target)) return upsert_.write(*upsert, now);
    if (auto* log = std::get_if<LogChanges>(&target)) return log_.write(*log);
    // What was just copied knows its own time: its kept changes are older than other tables' newest ones.
    const PgTime others = table.copied_now ? 0 : latest_commit_time_;
    return history_.write(std::get<HistoryChanges>(target), step, std::max(others, table.snapshot_time));
}

}  // namespace walferry
