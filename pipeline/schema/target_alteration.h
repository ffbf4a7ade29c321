#pragma once

#include <vector>

#include "apply/schema/shape_change.h"
#include "apply/table_plan.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// Alters the targets of a table, and its side tables, from the old plans to the new ones, which have the
/// same targets in the same order; in the session's open transaction. `rows_changed`: see Reshaper.
Status alter_targets(WarehouseSession& session, const std::vector<TablePlan>& old_plans,
                     const std::vector<TablePlan>& new_plans, const ShapeChange& change, bool rows_changed);

/// Whether the targets tell rows apart by other columns than before.
bool key_changed(const TablePlan& old_plan, const TablePlan& new_plan, const ShapeChange& change);

}  // namespace walferry
