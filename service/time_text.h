#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/change.h"

/// Points in time as people write and read them. Pure.
namespace walferry {

/// `2026-05-01T12:30:00.123456Z`
std::string time_text(PgTime time);

/// A date, or a date and a time with or without seconds, a `T` or blank between them, an offset or `Z` at the
/// end; without one it is UTC. Or a duration (30m, 24h, 7d): so long before `now`. Empty for anything else.
std::optional<PgTime> parse_time(std::string_view text, PgTime now);

}  // namespace walferry
