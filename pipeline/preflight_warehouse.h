#pragma once

#include <memory>
#include <vector>

#include "config/config.h"
#include "pipeline/preflight.h"
#include "pipeline/table_planning.h"
#include "warehouse/warehouse.h"

namespace walferry {

struct PreflightWarehouse {
    std::unique_ptr<Warehouse> warehouse;
    std::unique_ptr<WarehouseSession> session;
    std::vector<PreflightFinding> findings;
};

/// The warehouse, opened so that looking changes nothing: a DuckDB file read-only, or an empty database in
/// memory where there is no file yet. Finds out whether `run` could write.
Result<PreflightWarehouse> open_for_preflight(const Config& config);

/// Schemas in which a PostgreSQL warehouse would not let targets be made.
Result<std::vector<PreflightFinding>> schema_findings(WarehouseSession& session, WarehouseKind kind,
                                                      const std::vector<PlannedTable>& tables);

}  // namespace walferry
