#pragma once

#include <string>

#include "model/change.h"

namespace walferry {

/// ISO 8601 in UTC with microseconds: 2026-03-01T09:15:27.000042Z.
std::string utc_text(PgTime time);

/// Microseconds since 1970 as the same kind of time.
PgTime from_unix_microseconds(std::int64_t microseconds);

}  // namespace walferry
