#pragma once

#include "config/config.h"
#include "model/error.h"
#include "pipeline/pipeline_status.h"

namespace walferry {

/// Where a pipeline stands while no service of it answers: read from the warehouse's control tables and the
/// source's slot, as far as the two can be reached; what can't is in `reason`. Fails when the warehouse is
/// out of reach. Creates nothing.
Result<StatusReport> read_stopped_status(const Config& config);

}  // namespace walferry
