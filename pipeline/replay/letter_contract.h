#pragma once

#include "apply/table_plan.h"
#include "dlq/dead_letter.h"
#include "model/change.h"

namespace walferry {

/// Whether a letter's row keeps the contract that its table has now. Kind Data when it does not; also when a
/// letter that a contract made has a hashed or masked column with rules about its values, which can't be
/// looked at any more: nobody knows which rule it was. `row` is in the order of the plan's source columns.
Status check_contract(const TablePlan& plan, DeadLetterStage stage, TupleData row);

}  // namespace walferry
