#pragma once

#include <map>
#include <vector>

#include "capture/source_catalog.h"
#include "checkpoint/schema_history_store.h"
#include "checkpoint/table_state_store.h"
#include "config/config.h"

namespace walferry {

/// Whether another table has the name by which this one's targets are called, and takes them.
bool lost_its_name(const SourceTable& shape, const std::vector<SourceTable>& published);

/// By which shape the tables of a starting session are planned: what streams goes by the last shape that was
/// applied, since the stream may still carry it; what is copied anew goes by the catalog, to which its
/// targets are brought first. Reads schema_history once.
class KnownShapes {
 public:
    KnownShapes(const Config& config, ControlSchema control, std::uint64_t epoch)
        : config_(config), control_(control), history_(control), states_(control), epoch_(epoch) {}

    /// `fresh`, some of the published tables, as they are to be planned. Of a table whose rows changed
    /// without events it says so in `states` and in the warehouse; kind Refused where that is to be asked
    /// before.
    Result<std::vector<SourceTable>> to_plan(WarehouseSession& session, SourceCatalog& catalog,
                                             const std::vector<SourceTable>& fresh,
                                             const std::vector<SourceTable>& published,
                                             std::vector<TableStateRow>& states);

    /// The same for looking only: no table is altered, and nothing is written.
    static Result<std::vector<SourceTable>> streaming(const Config& config, const ControlSchema& control,
                                                      WarehouseSession& session,
                                                      const std::vector<SourceTable>& published);

    /// Of a table that `to_plan` was given.
    TableStorage storage_of(RelationId id) const;

    /// Notes the shape of a table that is registered, where that is news; fenced by the epoch.
    Status store(WarehouseSession& session, const std::vector<TableShape>& shapes, const std::string& change);

 private:
    void keep_storage(const TableShape& shape, const SourceTable& published);
    Result<bool> goes_on(WarehouseSession& session, SourceCatalog& catalog, const SourceTable& published,
                         TableStateRow& row);
    Result<SourceTable> adopted(WarehouseSession& session, const SourceTable& published,
                                const TableStateRow& row);
    Result<Lsn> checkpoint(WarehouseSession& session) const;

    const Config& config_;
    ControlSchema control_;
    SchemaHistoryStore history_;
    TableStateStore states_;
    std::uint64_t epoch_;
    std::map<RelationId, TableShape> shapes_;     ///< as stored
    std::map<RelationId, TableStorage> storage_;  ///< as it is now
};

}  // namespace walferry
