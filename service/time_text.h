#pragma once

#include <optional>
#include <string_view>

#include "model/change.h"

/// Points in time as people write them; utc_text is how they read them. Pure.
namespace walferry {

/// A date, or a date and a time with or without seconds, a `T` or blank between them, an offset or `Z` at the
/// end; without one it is UTC. Or a duration (30m, 24h, 7d): so long before `now`. Empty for anything else.
std::optional<PgTime> parse_time(std::string_view text, PgTime now);

}  // namespace walferry
