#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checkpoint/outbox_store.h"
#include "config/config.h"
#include "warehouse/target_table.h"

namespace walferry {

/// Both ends of a pipeline under the names that OpenLineage's naming rules give to datasets.
struct LineageEnds {
    std::string source_namespace, source_prefix;  ///< postgres://host:port, and "database."
    std::string target_namespace, target_prefix;
};

/// Reads them from the connection strings; what these leave to libpq (service files, the environment) is
/// "localhost", 5432, and the user's name for the database. A DuckDB file is duckdb://PATH.
LineageEnds lineage_ends(const Config& config);

/// Whether this kind of outbox row is told: copied, resynced, schema_changed. Batches are not: a stream's
/// lineage does not change with its rows.
bool has_lineage(const OutboxRow& row);

/// The row as a RunEvent of OpenLineage 2.0.2, JSON. `columns`: of the target as it is now, empty when there
/// is none. The run's id follows from the row, so that a row that is told twice is the same run.
std::string lineage_event(const OutboxRow& row, const LineageConfig& lineage, const LineageEnds& ends,
                          const std::optional<std::vector<ExistingColumn>>& columns);

}  // namespace walferry
