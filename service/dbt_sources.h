#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "model/source_table.h"

namespace walferry {

/// A target as it is told to dbt.
struct DbtTable {
    std::string schema, name;          ///< in the warehouse
    std::vector<std::string> columns;  ///< in the warehouse, in their order
    TableMode mode = TableMode::Upsert;
    SourceTable source;  ///< in the shape that was applied last
    const TableRule* rule = nullptr;
};

/// dbt's description of a pipeline's targets as sources, YAML: a source `PIPELINE_SCHEMA` for each schema of
/// the warehouse. Keys and contracts become dbt's own generic tests; freshness is looked for where the target
/// tells when it was synced. Pure.
std::string dbt_sources(const std::string& pipeline, const std::vector<DbtTable>& tables);

}  // namespace walferry
