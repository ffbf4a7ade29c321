#pragma once

#include <string>
#include <vector>

#include "apply/schema/shape_change.h"
#include "pipeline/table_planning.h"

namespace walferry {

/// Plans the targets of a table in its new shape, beside those of the old one. Completes `change`: a column
/// whose type in the targets can't be altered in place becomes a dropped and a new one, dropped ones get the
/// names and types that they have in the targets, missing values are hashed or masked where their columns
/// are. Kind Schema when a person has to decide.
Result<std::vector<TablePlan>> plan_new_shape(const Config& config, const std::vector<TablePlan>& old_plans,
                                              ShapeChange& change, WarehouseSession& session);

/// Kind Schema when a column took a name, or left one, by which its values are kept out of the warehouse:
/// they would stand there in clear, or stood there.
Status refuse_renamed_rules(const ColumnRules& rules, const ShapeChange& change);

}  // namespace walferry
