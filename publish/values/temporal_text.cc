#include "publish/values/temporal_text.h"

#include <array>
#include <charconv>
#include <limits>

namespace walferry::publish {

namespace {

constexpr std::int64_t pg_epoch_day = 10957;  // 2000-01-01

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar; year 0 is 1 BC.
std::int64_t day_of(std::int64_t year, unsigned month, unsigned day) {
    if (month <= 2) --year;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t shifted = (month + 9) % 12;  // from March on
    const std::int64_t day_of_year = (153 * shifted + 2) / 5 + day - 1;
    const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct CivilDate {
    std::int64_t year;
    std::int64_t month, day;
};

CivilDate date_of(std::int64_t day) {
    day += 719468;
    const std::int64_t era = (day >= 0 ? day : day - 146096) / 146097;
    const std::int64_t day_of_era = day - era * 146097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t shifted = (5 * day_of_year + 2) / 153;
    const std::int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
    return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day_of_year - (153 * shifted + 2) / 5 + 1};
}

/// Takes `count` digits off the front, or all there are with count 0.
bool take_digits(std::string_view& text, std::size_t count, std::int64_t& value) {
    std::size_t length = 0;
    value = 0;
    while (length < text.size() && length < 18 && text[length] >= '0' && text[length] <= '9' &&
           (count == 0 || length < count)) {
        value = value * 10 + (text[length++] - '0');
    }
    text.remove_prefix(length);
    return count == 0 ? length != 0 : length == count;
}

bool take(std::string_view& text, char letter) {
    if (text.empty() || text.front() != letter) return false;
    text.remove_prefix(1);
    return true;
}

/// `.` and up to six digits, where there are.
bool take_fraction(std::string_view& text, std::int64_t& micros) {
    micros = 0;
    if (!take(text, '.')) return true;
    std::size_t length = text.size();
    std::int64_t digits = 0;
    if (!take_digits(text, 0, digits)) return false;
    length -= text.size();
    if (length > 6) return false;
    for (; length < 6; ++length) digits *= 10;
    micros = digits;
    return true;
}

/// HH:MM:SS[.ffffff]; more than two digits of hours in intervals. `02:03` is read too: defaults have it.
bool take_clock(std::string_view& text, std::int64_t& hours, std::int64_t& minutes, std::int64_t& micros) {
    std::int64_t seconds = 0;
    std::int64_t fraction = 0;
    if (!take_digits(text, 0, hours) || !take(text, ':') || !take_digits(text, 2, minutes)) return false;
    if (take(text, ':') && (!take_digits(text, 2, seconds) || !take_fraction(text, fraction))) return false;
    micros = seconds * micros_per_second + fraction;
    return minutes < 60 && seconds <= 60 && hours <= 10'000'000'000;
}

bool take_time(std::string_view& text, std::int64_t& micros) {
    std::int64_t hours = 0;
    std::int64_t minutes = 0;
    if (!take_clock(text, hours, minutes, micros) || hours > 24) return false;
    micros += (hours * 60 + minutes) * 60 * micros_per_second;
    return micros <= micros_per_day;
}

/// [+-]HH[:MM[:SS]] as seconds east of UTC.
bool take_zone(std::string_view& text, std::int64_t& east) {
    const bool west = !text.empty() && text.front() == '-';
    if (!west && (text.empty() || text.front() != '+')) return false;
    text.remove_prefix(1);
    std::int64_t part = 0;
    if (!take_digits(text, 2, part)) return false;
    east = part * 3600;
    for (const std::int64_t unit : {60, 1}) {
        if (!take(text, ':')) break;
        if (!take_digits(text, 2, part)) return false;
        east += part * unit;
    }
    if (west) east = -east;
    return true;
}

bool take_bc(std::string_view& text) {
    if (!text.ends_with(" BC")) return false;
    text.remove_suffix(3);
    return true;
}

std::optional<Moment> read_infinity(std::string_view text) {
    if (text == "infinity") return Moment{1, 0, 0};
    if (text == "-infinity") return Moment{-1, 0, 0};
    return std::nullopt;
}

bool take_date(std::string_view& text, bool bc, std::int64_t& day) {
    std::int64_t year = 0;
    std::int64_t month = 0;
    std::int64_t day_of_month = 0;
    if (!take_digits(text, 0, year) || !take(text, '-') || !take_digits(text, 2, month) || !take(text, '-') ||
        !take_digits(text, 2, day_of_month)) {
        return false;
    }
    if (year > 6'000'000 || month < 1 || month > 12 || day_of_month < 1 || day_of_month > 31) return false;
    day = day_of(bc ? 1 - year : year, static_cast<unsigned>(month), static_cast<unsigned>(day_of_month));
    return true;
}

}  // namespace

std::optional<Moment> read_date(std::string_view text) {
    if (const auto infinity = read_infinity(text)) return infinity;
    Moment moment;
    const bool bc = take_bc(text);
    if (!take_date(text, bc, moment.day) || !text.empty()) return std::nullopt;
    return moment;
}

std::optional<Moment> read_timestamp(std::string_view text) {
    if (const auto infinity = read_infinity(text)) return infinity;
    Moment moment;
    const bool bc = take_bc(text);
    if (!take_date(text, bc, moment.day)) return std::nullopt;
    if (text.empty()) return moment;
    if (!take(text, ' ') || !take_time(text, moment.micros)) return std::nullopt;
    std::int64_t east = 0;
    if (!text.empty() && (!take_zone(text, east) || !text.empty())) return std::nullopt;
    moment.micros -= east * micros_per_second;
    while (moment.micros < 0) {
        moment.micros += micros_per_day;
        --moment.day;
    }
    while (moment.micros >= micros_per_day) {
        moment.micros -= micros_per_day;
        ++moment.day;
    }
    return moment;
}

std::optional<std::int64_t> read_time(std::string_view text) {
    std::int64_t micros = 0;
    if (!take_time(text, micros) || !text.empty()) return std::nullopt;
    return micros;
}

std::optional<ZonedTimeOfDay> read_zoned_time(std::string_view text) {
    ZonedTimeOfDay time;
    if (!take_time(text, time.micros) || !take_zone(text, time.east_seconds) || !text.empty()) {
        return std::nullopt;
    }
    return time;
}

Moment moment_of_pg_days(std::int32_t days) {
    if (days == std::numeric_limits<std::int32_t>::max()) return {1, 0, 0};
    if (days == std::numeric_limits<std::int32_t>::min()) return {-1, 0, 0};
    return {0, days + pg_epoch_day, 0};
}

Moment moment_of_pg_micros(std::int64_t micros) {
    if (micros == std::numeric_limits<std::int64_t>::max()) return {1, 0, 0};
    if (micros == std::numeric_limits<std::int64_t>::min()) return {-1, 0, 0};
    std::int64_t day = micros / micros_per_day;
    std::int64_t rest = micros % micros_per_day;
    if (rest < 0) {
        rest += micros_per_day;
        --day;
    }
    return {0, day + pg_epoch_day, rest};
}

std::optional<IntervalParts> read_interval(std::string_view text) {
    IntervalParts parts;
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        const bool minus = take(text, '-');
        if (!minus) take(text, '+');
        if (text.find(':') < text.find(' ')) {
            parts.negative_time = minus;
            if (!take_clock(text, parts.hours, parts.minutes, parts.micros) || !text.empty()) {
                return std::nullopt;
            }
            return parts;
        }
        std::int64_t number = 0;
        if (!take_digits(text, 0, number) || !take(text, ' ')) return std::nullopt;
        if (minus) number = -number;
        const std::string_view unit = text.substr(0, text.find(' '));
        if (unit == "year" || unit == "years") {
            parts.years = number;
        } else if (unit == "mon" || unit == "mons") {
            parts.months = number;
        } else if (unit == "day" || unit == "days") {
            parts.days = number;
        } else {
            return std::nullopt;
        }
        text.remove_prefix(unit.size());
        take(text, ' ');
    }
    return parts;
}

void append_iso_date(std::string& to, std::int64_t day) {
    CivilDate date = date_of(day);
    std::array<char, 24> digits;
    if (date.year < 0) {
        to += '-';
        date.year = -date.year;
    } else if (date.year > 9999) {
        to += '+';
    }
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), date.year);
    for (std::ptrdiff_t count = end - digits.data(); count < 4; ++count) to += '0';
    to.append(digits.data(), end);
    for (const std::int64_t part : {date.month, date.day}) {
        to += '-';
        to += static_cast<char>('0' + part / 10);
        to += static_cast<char>('0' + part % 10);
    }
}

void append_iso_time(std::string& to, std::int64_t micros, int fraction) {
    const std::int64_t seconds = micros / micros_per_second;
    std::int64_t rest = micros % micros_per_second;
    const std::int64_t parts[] = {seconds / 3600, seconds / 60 % 60, seconds % 60};
    for (const std::int64_t& part : parts) {
        if (&part != parts) to += ':';
        to += static_cast<char>('0' + part / 10);
        to += static_cast<char>('0' + part % 10);
    }
    if (fraction == 0 || (fraction < 0 && rest == 0)) return;
    to += '.';
    for (std::int64_t unit = 100'000; fraction < 0 ? rest != 0 : fraction > 0; unit /= 10) {
        to += static_cast<char>('0' + rest / unit);
        rest %= unit;
        if (fraction > 0) --fraction;
    }
}

}  // namespace walferry::publish
