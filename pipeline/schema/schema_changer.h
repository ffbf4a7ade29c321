#pragma once

#include <map>
#include <memory>
#include <vector>

#include "apply/schema/reshaper.h"
#include "apply/schema/shape_change.h"
#include "capture/source_catalog.h"
#include "checkpoint/schema_history_store.h"
#include "checkpoint/table_state_store.h"
#include "config/config.h"

namespace walferry {

/// See Reshaper. Looks the evidence up at the source over a connection of its own, which it opens when there
/// is something to look up. One thread.
class SchemaChanger final : public Reshaper {
 public:
    SchemaChanger(const Config& config, ControlSchema control, std::uint64_t epoch);

    Result<Reshaped> reshape(WarehouseSession& session, const std::shared_ptr<Table>& table,
                             const Relation& relation, SequenceKey at, bool rows_changed) override;

    /// For a table that is to be copied anew: brings the targets that it has from its last known shape to
    /// that which the catalog says now, and stores it; in the session's open transaction. Gives the shape to
    /// plan it by.
    Result<SourceTable> adopt(WarehouseSession& session, const TableShape& known, const SourceTable& wanted,
                              Lsn at);

 private:
    Result<ShapeChange> compare(const TableShape& known, const Relation& relation, OnDrop on_drop);
    Status write_state(WarehouseSession& session, const ShapeChange& change) const;
    Status note(WarehouseSession& session, const SourceTable& known, const ShapeChange& change,
                SequenceKey at) const;

    const Config& config_;
    ControlSchema control_;
    SchemaHistoryStore history_;
    TableStateStore states_;
    std::uint64_t epoch_;
    std::unique_ptr<SourceCatalog> catalog_;
    std::map<RelationId, SequenceKey> said_;  ///< where the last change stood that was told of
};

/// Kind Refused where the table's rule wants to be asked before it is copied anew.
Status refuse_copy(OnRewrite on_rewrite, const std::string& table, const std::string& reason);

}  // namespace walferry
