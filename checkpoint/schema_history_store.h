#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/control_schema.h"
#include "model/lsn.h"
#include "model/table_storage.h"

namespace walferry {

/// A version of a table's shape: from which change of the stream on it holds.
struct SchemaVersion {
    TableShape shape;
    Lsn commit_lsn;  ///< of the first change in this shape, or the checkpoint where it was found
    std::uint64_t seq = 0;
    std::string change;  ///< JSON: what changed
};

/// Every shape that a pipeline's tables had, as far as it was applied: control table schema_history. What
/// streams is planned by a table's last one, since the stream can still carry it while the source has moved
/// on. Works inside the session's current transaction.
class SchemaHistoryStore {
 public:
    explicit SchemaHistoryStore(ControlSchema control) : control_(std::move(control)) {}

    /// The last shape of each table; one query. Empty as well where an older build made the control tables.
    Result<std::map<RelationId, TableShape>> last_shapes(WarehouseSession& session) const;
    Result<std::optional<TableShape>> last_shape(WarehouseSession& session, RelationId id) const;

    /// One statement for all of them.
    Status append(WarehouseSession& session, const std::vector<SchemaVersion>& versions) const;

 private:
    Result<std::vector<TableShape>> read(WarehouseSession& session, const std::string& condition) const;

    ControlSchema control_;
};

}  // namespace walferry
