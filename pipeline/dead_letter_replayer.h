#pragma once

#include "config/config.h"
#include "dlq/dead_letter_replay.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// What applies one letter to its target as the configuration has it now. Runs in the writer's thread and
/// transaction. Kind Refused while this version can't.
Result<ReplayOne> dead_letter_replayer(const Config& config, WarehouseKind kind);

}  // namespace walferry
