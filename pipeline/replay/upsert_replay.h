#pragma once

#include "pipeline/replay/replay_case.h"

namespace walferry {

/// Applies a letter to a table of current rows. By key: unless the row that stands there is a newer version.
/// Without key: an old row that is not there any more says that something newer has happened to it.
Result<ReplayOutcome> replay_upsert(const ReplayCase& replay);

}  // namespace walferry
