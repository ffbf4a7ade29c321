#pragma once

#include "pipeline/replay/replay_case.h"

namespace walferry {

/// Puts a letter's version, or the end of one, into a history where it belongs in time (version_placement.h).
Result<ReplayOutcome> replay_history(const ReplayCase& replay);

}  // namespace walferry
