#include "capture/debezium/temporal_form.h"

#include <limits>

#include "capture/debezium/calendar_text.h"
#include "capture/debezium/interval_text.h"

namespace walferry::debezium {

namespace {

using Kind = ConnectValue::Kind;

// How Java's driver for PostgreSQL spells the infinities in milliseconds since 1970 (PGStatement).
constexpr std::int64_t infinity_ms = 9'223'372'036'825'200'000;
constexpr std::int64_t minus_infinity_ms = -9'223'372'036'832'400'000;

/// "infinity" or "-infinity" for the numbers that mean it, else null.
const char* infinity_of(std::int64_t ticks, std::int64_t ticks_a_second) {
    using Limits = std::numeric_limits<std::int64_t>;
    if (ticks_a_second == 1000) {
        if (ticks == infinity_ms) return "infinity";
        return ticks == minus_infinity_ms ? "-infinity" : nullptr;
    }
    if (ticks == Limits::max()) return "infinity";
    return ticks == Limits::min() ? "-infinity" : nullptr;
}

bool is_infinity(const ConnectValue& value) {
    return value.is(Kind::String) && (value.text == "infinity" || value.text == "-infinity");
}

/// The same as points of time, for isostring.
const char* infinity_of(const CalendarTime& time) {
    constexpr std::int64_t day_ms = 86'400'000;
    constexpr std::int64_t first = infinity_ms / day_ms, last = minus_infinity_ms / day_ms - 1;
    if (time.days == first && time.microseconds == infinity_ms % day_ms * 1000) return "infinity";
    if (time.days == last && time.microseconds == (minus_infinity_ms % day_ms + day_ms) * 1000)
        return "-infinity";
    return nullptr;
}

bool append_date_of(std::string& to, const ConnectValue& value) {
    if (value.is(Kind::Integer)) return append_date(to, value.integer);
    IsoTime iso;
    if (!value.is(Kind::String) || !parse_iso(value.text, iso) || !iso.has_date || iso.time.microseconds != 0)
        return false;
    return append_date(to, iso.time.days);
}

bool append_time_of(std::string& to, const ConnectValue& value, const ColumnForm& form) {
    std::int64_t microseconds = 0;
    if (value.is(Kind::Integer))
        return ticks_to_microseconds(value.integer, form.ticks_a_second, microseconds) &&
               append_time(to, microseconds);
    IsoTime iso;
    return value.is(Kind::String) && parse_iso(value.text, iso) && iso.has_time && !iso.has_date &&
           iso.zone_seconds == 0 && append_time(to, iso.time.microseconds);
}

bool append_time_tz_of(std::string& to, const ConnectValue& value) {
    IsoTime iso;
    if (!value.is(Kind::String) || !parse_iso(value.text, iso) || !iso.has_time || iso.has_date ||
        !iso.has_zone || !append_time(to, iso.time.microseconds))
        return false;
    append_zone(to, iso.zone_seconds);
    return true;
}

bool append_timestamp_of(std::string& to, const ConnectValue& value, const ColumnForm& form) {
    const bool with_zone = form.form == Form::TimestampTz;
    CalendarTime time;
    const char* infinity = nullptr;
    if (value.is(Kind::Integer)) {
        infinity = infinity_of(value.integer, form.ticks_a_second);
        if (infinity == nullptr && !from_ticks(value.integer, form.ticks_a_second, time)) return false;
    } else {
        IsoTime iso;
        if (!value.is(Kind::String) || !parse_iso(value.text, iso) || !iso.has_date ||
            (with_zone && !iso.has_zone))
            return false;
        time = in_utc(iso);
        infinity = infinity_of(time);
    }
    if (infinity == nullptr) return append_timestamp(to, time, with_zone);
    to += infinity;
    return true;
}

bool append_interval_of(std::string& to, const ConnectValue& value, const ColumnForm& form) {
    Interval interval;
    if (value.is(Kind::Integer)) {
        std::int64_t microseconds = 0;
        if (!ticks_to_microseconds(value.integer, form.ticks_a_second, microseconds) ||
            !interval_from_microseconds(microseconds, form.type.modifier, interval))
            return false;
    } else if (!value.is(Kind::String) || !parse_iso_interval(value.text, interval)) {
        return false;
    }
    append_interval(to, interval);
    return true;
}

}  // namespace

bool append_temporal(std::string& to, const ConnectValue& value, const ColumnForm& form) {
    const bool can_be_infinite =
        form.form == Form::Date || form.form == Form::Timestamp || form.form == Form::TimestampTz;
    if (can_be_infinite && is_infinity(value)) {
        to += value.text;
        return true;
    }
    switch (form.form) {
        case Form::Date:
            return append_date_of(to, value);
        case Form::Time:
            return append_time_of(to, value, form);
        case Form::TimeTz:
            return append_time_tz_of(to, value);
        case Form::Timestamp:
        case Form::TimestampTz:
            return append_timestamp_of(to, value, form);
        case Form::Interval:
            return append_interval_of(to, value, form);
        default:
            return false;
    }
}

}  // namespace walferry::debezium
