#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Dates and times: from Debezium's counts and ISO 8601 to PostgreSQL's text (datestyle ISO, timezone UTC).
/// The calendar is the proleptic Gregorian one, as PostgreSQL's. Pure; false is "not a value of that type",
/// and then what was appended means nothing.
namespace walferry::debezium {

inline constexpr std::int64_t microseconds_a_second = 1'000'000;
inline constexpr std::int64_t microseconds_a_day = 86'400 * microseconds_a_second;

/// A point of time without zone, or in UTC.
struct CalendarTime {
    std::int64_t days = 0;          ///< since 1970-01-01
    std::int64_t microseconds = 0;  ///< of the day
};

/// What a text in ISO 8601 says. Parts that it leaves out are 0.
struct IsoTime {
    CalendarTime time;  ///< as written, before the zone is taken off
    bool has_date = false, has_time = false, has_zone = false;
    std::int32_t zone_seconds = 0;  ///< east of Greenwich
};

/// The count since 1970 as a point of time; `ticks_a_second` is 1000, 10^6 or 10^9. False when it is no
/// whole microsecond.
bool from_ticks(std::int64_t ticks, std::int64_t ticks_a_second, CalendarTime& to);
/// A count of ticks as microseconds.
bool ticks_to_microseconds(std::int64_t ticks, std::int64_t ticks_a_second, std::int64_t& to);

/// Reads a date, a time, or both. More than six digits of a second's fraction must be zeros.
bool parse_iso(std::string_view text, IsoTime& to);
/// The same point of time in UTC.
CalendarTime in_utc(const IsoTime& iso);

bool append_date(std::string& to, std::int64_t days);
bool append_timestamp(std::string& to, CalendarTime time, bool with_zone);
/// 00:00:00 to 24:00:00.
bool append_time(std::string& to, std::int64_t microseconds);
/// The zone as PostgreSQL writes it: +00, +05:30, -15:59:59.
void append_zone(std::string& to, std::int32_t zone_seconds);
/// Hours, minutes and seconds, without a sign; hours may be many.
void append_clock(std::string& to, std::uint64_t microseconds);

}  // namespace walferry::debezium
