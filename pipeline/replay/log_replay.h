#pragma once

#include "pipeline/replay/replay_case.h"

namespace walferry {

/// Adds a letter's event to a change log, at its own place in the order, unless the log has it. Every event
/// is a row of its own: no letter makes up for another one.
Result<ReplayOutcome> replay_log(const ReplayCase& replay);

}  // namespace walferry
