#pragma once

#include <string>

#include "apply/table_plan.h"
#include "capture/source_query.h"
#include "pipeline/verify/row_condition.h"

namespace walferry {

/// A condition in the SQL of both sides of one target.
struct BoundCondition {
    std::string source_sql;
    std::string target_sql;
};

/// Checks a condition against a target and its source table. Its values are read by the source, under our
/// fixed settings, and written anew in the one form that both sides read alike. Kind Configuration: there is
/// no such column (with the nearest name), it is not in the target in clear, its type can't be compared or
/// ordered on both sides, or a value is none of its type.
Result<BoundCondition> bind_condition(const RowCondition& condition, const TablePlan& plan,
                                      SourceQuery& query);

}  // namespace walferry
