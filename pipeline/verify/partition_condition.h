#pragma once

#include "capture/partition_bounds.h"
#include "pipeline/verify/row_condition.h"

namespace walferry {

/// The rows that a partition holds, as a condition on its root's columns: what its own bound and those of all
/// partitions that it is in say. Pure. Kind Configuration: by hash, by expressions, or the default partition,
/// which no condition names.
Result<RowCondition> partition_condition(const Partition& partition);

}  // namespace walferry
