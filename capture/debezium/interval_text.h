#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Intervals in PostgreSQL's text (intervalstyle postgres). Pure.
namespace walferry::debezium {

struct Interval {
    std::int32_t months = 0;
    std::int32_t days = 0;
    std::int64_t microseconds = 0;
};

/// Microseconds as the interval that a type with this modifier can hold: into YEAR TO MONTH whole months (of
/// 365.25 / 12 days, as Debezium has it), where they divide. False otherwise, and for the two numbers that
/// Debezium writes for what is too long for it.
bool interval_from_microseconds(std::int64_t microseconds, std::int32_t modifier, Interval& to);

/// Reads ISO 8601 as interval.handling.mode=string has it: P1Y2M3DT4H5M6.789012S, each part with a sign of
/// its own.
bool parse_iso_interval(std::string_view text, Interval& to);

void append_interval(std::string& to, const Interval& interval);

}  // namespace walferry::debezium
