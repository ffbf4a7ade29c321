#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace walferry::publish {

inline constexpr std::int64_t micros_per_second = 1'000'000;
inline constexpr std::int64_t micros_per_day = 86'400 * micros_per_second;

/// A date or a point in time, in the proleptic Gregorian calendar.
struct Moment {
    int infinity = 0;         ///< -1 or 1 where it is one; the rest means nothing then
    std::int64_t day = 0;     ///< since 1970-01-01
    std::int64_t micros = 0;  ///< of the day
};

/// date_out under datestyle ISO, e.g. 0044-03-15 BC.
std::optional<Moment> read_date(std::string_view text);
/// timestamp_out or, with timezone=UTC, timestamptz_out.
std::optional<Moment> read_timestamp(std::string_view text);
/// time_out: microseconds of the day; 24:00:00 is 86400000000.
std::optional<std::int64_t> read_time(std::string_view text);

/// timetz_out: the time in its own zone, and how many seconds that is east of UTC.
struct ZonedTimeOfDay {
    std::int64_t micros = 0;
    std::int64_t east_seconds = 0;
};
std::optional<ZonedTimeOfDay> read_zoned_time(std::string_view text);

/// Of days or microseconds since 2000-01-01, as in binary forms.
Moment moment_of_pg_days(std::int32_t days);
Moment moment_of_pg_micros(std::int64_t micros);

/// interval_out under intervalstyle=postgres.
struct IntervalParts {
    std::int64_t years = 0, months = 0, days = 0;
    std::int64_t hours = 0, minutes = 0;
    std::int64_t micros = 0;  ///< of the minute
    bool negative_time = false;
};
std::optional<IntervalParts> read_interval(std::string_view text);

// As java.time's ISO formatters write them: years from 0000 with a minus before and a plus after 9999.
void append_iso_date(std::string& to, std::int64_t day);
/// `fraction` digits of a second; -1: as many as there are, none for zero.
void append_iso_time(std::string& to, std::int64_t micros, int fraction);

}  // namespace walferry::publish
