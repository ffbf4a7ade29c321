#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "apply/table_batch.h"
#include "capture/pgoutput/change_decoder.h"
#include "checkpoint/control_schema.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// The changes of tables that are being copied, kept in the warehouse (control table pending_change) in the
/// transaction that moves the checkpoint past them, so the source need not keep its WAL and other tables need
/// not wait. They are kept as the messages that arrived, so that they decode later just as they would have.
///
/// Once the copy is complete they are applied in order, but for those of transactions that the copy's
/// snapshot saw: commit order, WAL order and visibility differ, and visibility is what decides whether a row
/// was copied. Used by the applier's thread.
class PendingChanges {
 public:
    explicit PendingChanges(ControlSchema control) : control_(std::move(control)) {}

    Status keep(WarehouseSession& session, const TableBatch& batch) const;

    struct Drained {
        std::uint64_t changes = 0;
        bool empty = false;  ///< nothing is left
    };
    /// Writes what was read into the table's targets.
    using Write = std::function<Status(TableBatch&)>;
    /// Applies the table's oldest kept changes, `changes_max` at most, and removes them; in the session's
    /// open transaction.
    Result<Drained> drain(WarehouseSession& session, const std::shared_ptr<Table>& table,
                          std::uint64_t changes_max, const Write& write);
    /// The transaction was rolled back: what was read is read again.
    void rolled_back() { cursors_.clear(); }

    /// Forgets what is kept of the table: it streams now, or is copied anew from a time when nothing was
    /// kept.
    Status clear(WarehouseSession& session, RelationId id) const;

 private:
    /// Where the reading of one table stands: the last row read, and the shape that applies after it.
    struct Cursor {
        Lsn commit_lsn;
        std::int64_t seq = -1;
        std::int64_t relation_seq = -1;
        Lsn relation_lsn;
        ChangeDecoder decoder;
    };

    Result<std::uint64_t> read_some(WarehouseSession& session, const Table& table, Cursor& cursor,
                                    TableBatch& batch, Arena& arena) const;
    Status read_row(const std::vector<std::optional<std::string>>& row, const Table& table, Cursor& cursor,
                    TableBatch& batch, Arena& arena) const;
    Status remove_read(WarehouseSession& session, RelationId id, const Cursor& cursor) const;
    std::string position(Lsn lsn, std::int64_t seq) const;

    ControlSchema control_;
    std::map<RelationId, Cursor> cursors_;
};

}  // namespace walferry
