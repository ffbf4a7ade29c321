#pragma once

#include "config/config.h"
#include "dlq/dead_letter_replay.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// What applies one letter to its target as configuration and source's catalog have it now. All tables are
/// planned here, once, with `reader`; the result runs in the writer's thread and transaction and looks at the
/// plans only. Kind Connection while the source is out of reach.
Result<ReplayOne> dead_letter_replayer(const Config& config, WarehouseKind kind, WarehouseSession& reader);

}  // namespace walferry
