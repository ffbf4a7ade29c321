#pragma once

#include <utility>
#include <vector>

#include "apply/table_batch.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// DuckDB: the events of a batch whose new row a CHECK or NOT NULL constraint of the target refuses, found by
/// one query over all of them. Rows that leave values out are not looked at, nor are constraints over columns
/// that are not the source's. In the session's open transaction, which is to be rolled back.
Result<std::vector<std::pair<SequenceKey, Refusal>>> refused_by_constraints(WarehouseSession& session,
                                                                            const TableBatch& batch,
                                                                            const Table& table,
                                                                            const TablePlan& plan);

}  // namespace walferry
