#include "capture/debezium/calendar_text.h"

#include <array>
#include <charconv>

namespace walferry::debezium {

namespace {

// PostgreSQL's ranges (src/include/datatype/timestamp.h), in days since 1970.
constexpr std::int64_t first_day = -2'440'588;       // Julian day 0, 4714-11-24 BC
constexpr std::int64_t date_end = 2'145'042'906;     // 5874898-01-01
constexpr std::int64_t timestamp_end = 106'762'940;  // 294277-01-01

struct Civil {
    std::int64_t year;  // 0 is 1 BC
    unsigned month, day;
};

// Eras of 400 years that begin on the first of March.
Civil civil_from_days(std::int64_t days) {
    days += 719'468;
    const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
    const auto day_of_era = static_cast<unsigned>(days - era * 146'097);
    const unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const unsigned shifted = (5 * day_of_year + 2) / 153;
    const unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
    return {static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0), month,
            day_of_year - (153 * shifted + 2) / 5 + 1};
}

std::int64_t days_from_civil(const Civil& civil) {
    const std::int64_t year = civil.year - (civil.month <= 2 ? 1 : 0);
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const auto year_of_era = static_cast<unsigned>(year - era * 400);
    const unsigned shifted = civil.month > 2 ? civil.month - 3 : civil.month + 9;
    const unsigned day_of_year = (153 * shifted + 2) / 5 + civil.day - 1;
    const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + static_cast<std::int64_t>(day_of_era) - 719'468;
}

void append_number(std::string& to, std::uint64_t number, std::size_t width) {
    std::array<char, 24> digits;
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    const auto length = static_cast<std::size_t>(end - digits.data());
    if (length < width) to.append(width - length, '0');
    to.append(digits.data(), length);
}

void append_civil(std::string& to, const Civil& civil) {
    append_number(to, static_cast<std::uint64_t>(civil.year > 0 ? civil.year : 1 - civil.year), 4);
    to += '-';
    append_number(to, civil.month, 2);
    to += '-';
    append_number(to, civil.day, 2);
}

/// Reads a text from its front.
struct IsoReader {
    std::string_view rest;

    bool take(char letter) {
        if (rest.empty() || rest.front() != letter) return false;
        rest.remove_prefix(1);
        return true;
    }
    bool digits(std::size_t least, std::size_t most, std::int64_t& to) {
        std::size_t count = 0;
        to = 0;
        while (count < most && count < rest.size() && rest[count] >= '0' && rest[count] <= '9')
            to = to * 10 + (rest[count++] - '0');
        rest.remove_prefix(count);
        return count >= least;
    }
    bool two(std::int64_t most, std::int64_t& to) { return digits(2, 2, to) && to <= most; }
};

bool read_date(IsoReader& reader, std::int64_t& days) {
    const bool negative = reader.take('-');
    if (!negative) reader.take('+');
    Civil civil{};
    std::int64_t month = 0, day = 0;
    if (!reader.digits(4, 9, civil.year) || !reader.take('-') || !reader.two(12, month) ||
        !reader.take('-') || !reader.two(31, day) || month == 0 || day == 0)
        return false;
    if (negative) civil.year = -civil.year;
    civil.month = static_cast<unsigned>(month);
    civil.day = static_cast<unsigned>(day);
    days = days_from_civil(civil);
    return civil_from_days(days).day == civil.day;  // there is no 30th of February
}

bool read_fraction(IsoReader& reader, std::int64_t& microseconds) {
    std::size_t count = 0;
    std::int64_t unit = microseconds_a_second / 10;
    while (count < reader.rest.size() && reader.rest[count] >= '0' && reader.rest[count] <= '9') {
        const std::int64_t digit = reader.rest[count++] - '0';
        if (unit == 0 && digit != 0) return false;
        microseconds += digit * unit;
        unit /= 10;
    }
    reader.rest.remove_prefix(count);
    return count > 0;
}

bool read_clock(IsoReader& reader, std::int64_t& microseconds) {
    std::int64_t hours = 0, minutes = 0, seconds = 0, fraction = 0;
    if (!reader.two(24, hours) || !reader.take(':') || !reader.two(59, minutes)) return false;
    if (reader.take(':')) {
        if (!reader.two(59, seconds)) return false;
        if (reader.take('.') && !read_fraction(reader, fraction)) return false;
    }
    microseconds = ((hours * 60 + minutes) * 60 + seconds) * microseconds_a_second + fraction;
    return microseconds <= microseconds_a_day;
}

bool read_zone(IsoReader& reader, IsoTime& to) {
    if (reader.rest.empty()) return true;
    to.has_zone = true;
    if (reader.take('Z')) return true;
    const bool west = reader.take('-');
    if (!west && !reader.take('+')) return false;
    std::int64_t hours = 0, minutes = 0, seconds = 0;
    if (!reader.two(18, hours)) return false;
    if (!reader.rest.empty()) {
        reader.take(':');
        if (!reader.two(59, minutes)) return false;
        if (reader.take(':') && !reader.two(59, seconds)) return false;
    }
    const auto zone = static_cast<std::int32_t>((hours * 60 + minutes) * 60 + seconds);
    to.zone_seconds = west ? -zone : zone;
    return true;
}

}  // namespace

bool ticks_to_microseconds(std::int64_t ticks, std::int64_t ticks_a_second, std::int64_t& to) {
    if (ticks_a_second > microseconds_a_second) {
        const std::int64_t part = ticks_a_second / microseconds_a_second;
        to = ticks / part;
        return ticks % part == 0;
    }
    return !__builtin_mul_overflow(ticks, microseconds_a_second / ticks_a_second, &to);
}

bool from_ticks(std::int64_t ticks, std::int64_t ticks_a_second, CalendarTime& to) {
    const std::int64_t ticks_a_day = ticks_a_second * 86'400;
    to.days = ticks / ticks_a_day;
    std::int64_t rest = ticks % ticks_a_day;
    if (rest < 0) {
        --to.days;
        rest += ticks_a_day;
    }
    return ticks_to_microseconds(rest, ticks_a_second, to.microseconds);
}

bool parse_iso(std::string_view text, IsoTime& to) {
    IsoReader reader{text};
    to = {};
    const bool time_only = text.size() > 2 && text[2] == ':';
    if (!time_only) {
        if (!read_date(reader, to.time.days)) return false;
        to.has_date = true;
        if (!reader.take('T') && !reader.take(' ')) return read_zone(reader, to) && reader.rest.empty();
    }
    if (!read_clock(reader, to.time.microseconds)) return false;
    to.has_time = true;
    return read_zone(reader, to) && reader.rest.empty();
}

CalendarTime in_utc(const IsoTime& iso) {
    CalendarTime time = iso.time;
    time.microseconds -= iso.zone_seconds * microseconds_a_second;
    while (time.microseconds < 0) {
        --time.days;
        time.microseconds += microseconds_a_day;
    }
    while (time.microseconds >= microseconds_a_day) {
        ++time.days;
        time.microseconds -= microseconds_a_day;
    }
    return time;
}

void append_clock(std::string& to, std::uint64_t microseconds) {
    const std::uint64_t seconds = microseconds / microseconds_a_second;
    std::uint64_t fraction = microseconds % microseconds_a_second;
    append_number(to, seconds / 3600, 2);
    to += ':';
    append_number(to, seconds / 60 % 60, 2);
    to += ':';
    append_number(to, seconds % 60, 2);
    if (fraction == 0) return;
    std::size_t width = 6;
    for (; fraction % 10 == 0; fraction /= 10) --width;
    to += '.';
    append_number(to, fraction, width);
}

bool append_date(std::string& to, std::int64_t days) {
    if (days < first_day || days >= date_end) return false;
    const Civil civil = civil_from_days(days);
    append_civil(to, civil);
    if (civil.year <= 0) to += " BC";
    return true;
}

bool append_timestamp(std::string& to, CalendarTime time, bool with_zone) {
    if (time.days < first_day || time.days >= timestamp_end) return false;
    const Civil civil = civil_from_days(time.days);
    append_civil(to, civil);
    to += ' ';
    append_clock(to, static_cast<std::uint64_t>(time.microseconds));
    if (with_zone) to += "+00";
    if (civil.year <= 0) to += " BC";
    return true;
}

bool append_time(std::string& to, std::int64_t microseconds) {
    if (microseconds < 0 || microseconds > microseconds_a_day) return false;
    append_clock(to, static_cast<std::uint64_t>(microseconds));
    return true;
}

void append_zone(std::string& to, std::int32_t zone_seconds) {
    to += zone_seconds < 0 ? '-' : '+';
    const auto seconds = static_cast<std::uint64_t>(zone_seconds < 0 ? -zone_seconds : zone_seconds);
    append_number(to, seconds / 3600, 2);
    if (seconds % 3600 == 0) return;
    to += ':';
    append_number(to, seconds / 60 % 60, 2);
    if (seconds % 60 == 0) return;
    to += ':';
    append_number(to, seconds % 60, 2);
}

}  // namespace walferry::debezium
