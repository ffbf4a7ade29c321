#pragma once

#include <string>

#include "apply/table_plan.h"
#include "checkpoint/control_schema.h"
#include "model/change.h"

namespace walferry {

/// A copy of a table whose history or log has rows already: loaded into a table beside (in the control
/// schema), then merged, so that nothing of what was kept is lost. Upsert targets need none of it: they are
/// emptied. Pure text.
bool copy_can_merge(const TablePlan& plan);

/// The table beside, with all columns of the target.
TargetName copy_beside(const TablePlan& plan, const ControlSchema& control);
/// Makes it, empty.
std::string create_copy_beside_sql(const TablePlan& plan, const ControlSchema& control);
std::string drop_copy_beside_sql(const TablePlan& plan, const ControlSchema& control);

/// Statements, to be run in this order. A history ends what vanished or differs and opens what differs or is
/// new, at `time` (not before anything that it has); a log takes the rows as they are.
std::vector<std::string> merge_copy_sql(const TablePlan& plan, const ControlSchema& control, PgTime time);

}  // namespace walferry
