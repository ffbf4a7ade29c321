#include "warehouse/encoding/datetime.h"

#include <limits>

#include "model/byte_order.h"
#include "warehouse/encoding/number.h"

namespace walferry {
namespace {

constexpr unsigned no_number = 100;

unsigned two_digits(const char* from) {
    const unsigned tens = static_cast<unsigned char>(from[0]) - unsigned{'0'};
    const unsigned ones = static_cast<unsigned char>(from[1]) - unsigned{'0'};
    return tens > 9 || ones > 9 ? no_number : tens * 10 + ones;
}

/// Days from 2000-01-01 in the proleptic Gregorian calendar; year 0 is 1 BC. After Howard Hinnant's
/// days_from_civil (https://howardhinnant.github.io/date_algorithms.html).
constexpr std::int64_t days_from_2000(std::int64_t year, unsigned month, unsigned day) {
    const std::int64_t y = month <= 2 ? year - 1 : year;
    const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
    const std::int64_t year_of_era = y - era * 400;
    const std::int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 730425;
}
static_assert(days_from_2000(2000, 1, 1) == 0);
static_assert(days_from_2000(1970, 1, 1) == -10957);

// PostgreSQL's limits (src/include/datatype/timestamp.h): from Julian day 0 to before these.
constexpr std::int64_t first_day = days_from_2000(-4713, 11, 24);
constexpr std::int64_t date_end = days_from_2000(5874898, 1, 1);
constexpr std::int64_t timestamp_end = days_from_2000(294277, 1, 1);

unsigned days_in_month(std::int64_t year, unsigned month) {
    if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// Takes YYYY-MM-DD, with four or more digits of year, off the front. The " BC" that belongs to it stands at
/// the very end of a timestamp, so the caller has already taken it off.
bool take_date(std::string_view& text, bool before_christ, std::int64_t& days) {
    const std::size_t year_digits = text.size() > 4 && text[4] == '-' ? 4 : text.find('-');
    if (year_digits < 4 || year_digits > 7 || text.size() < year_digits + 6) return false;
    std::uint64_t written_year;
    if (!read_digits(text.data(), year_digits, written_year) || written_year == 0) return false;
    const char* rest = text.data() + year_digits;
    if (rest[0] != '-' || rest[3] != '-') return false;
    const unsigned month = two_digits(rest + 1);
    const unsigned day = two_digits(rest + 4);
    const auto year =
        before_christ ? 1 - static_cast<std::int64_t>(written_year) : static_cast<std::int64_t>(written_year);
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return false;
    days = days_from_2000(year, month, day);
    text.remove_prefix(year_digits + 6);
    return days >= first_day;
}

/// Takes HH:MM:SS[.ffffff] off the front; hours up to 24 pass.
bool take_clock(std::string_view& text, std::int64_t& micros) {
    if (text.size() < 8) return false;
    const unsigned hours = two_digits(text.data());
    if (hours > 24) return false;
    text.remove_prefix(2);
    const std::int64_t rest = take_minutes_and_seconds(text);
    if (rest < 0) return false;
    micros = hours * 3600 * micros_per_second + rest;
    return micros <= micros_per_day;
}

/// Reads ±HH[:MM[:SS]] to the end; `seconds` east of UTC.
bool read_offset(std::string_view text, std::int32_t& seconds) {
    if (text.size() != 3 && text.size() != 6 && text.size() != 9) return false;
    if (text[0] != '+' && text[0] != '-') return false;
    unsigned sum = two_digits(text.data() + 1) * 3600;
    unsigned unit = 60;
    bool valid = sum < 16 * 3600;  // MAX_TZDISP_HOUR
    for (std::size_t i = 3; i < text.size(); i += 3, unit = 1) {
        const unsigned part = two_digits(text.data() + i + 1);
        valid = valid && text[i] == ':' && part < 60;
        sum += part * unit;
    }
    if (!valid) return false;
    seconds = text[0] == '-' ? -static_cast<std::int32_t>(sum) : static_cast<std::int32_t>(sum);
    return true;
}

bool take_era(std::string_view& text) {
    if (!text.ends_with(" BC")) return false;
    text.remove_suffix(3);
    return true;
}

template <class T>
char* store(char* to, T value) {
    store_big_endian(to, value);
    return to + sizeof(T);
}

/// 'infinity' and '-infinity' are the largest and the smallest number.
template <class T>
char* encode_infinity(std::string_view text, char* to) {
    if (text == "infinity") return store(to, std::numeric_limits<T>::max());
    if (text == "-infinity") return store(to, std::numeric_limits<T>::min());
    return nullptr;
}

}  // namespace

std::int64_t take_minutes_and_seconds(std::string_view& text) {
    if (text.size() < 6 || text[0] != ':' || text[3] != ':') return -1;
    const unsigned minutes = two_digits(text.data() + 1);
    const unsigned seconds = two_digits(text.data() + 4);
    if (minutes > 59 || seconds > 59) return -1;
    text.remove_prefix(6);
    std::int64_t micros = (minutes * 60 + seconds) * micros_per_second;
    if (text.empty() || text[0] != '.') return micros;
    std::int64_t unit = micros_per_second / 10;
    std::size_t i = 1;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, unit /= 10)
        micros += (text[i] - '0') * unit;
    if (i == 1 || i > 7) return -1;
    text.remove_prefix(i);
    return micros;
}

char* encode_date(std::string_view text, char* to) {
    if (text.ends_with('y')) return encode_infinity<std::int32_t>(text, to);
    const bool before_christ = take_era(text);
    std::int64_t days;
    if (!take_date(text, before_christ, days) || !text.empty() || days >= date_end) return nullptr;
    return store(to, static_cast<std::int32_t>(days));
}

char* encode_time(std::string_view text, char* to) {
    std::int64_t micros;
    if (!take_clock(text, micros) || !text.empty()) return nullptr;
    return store(to, micros);
}

char* encode_time_tz(std::string_view text, char* to) {
    std::int64_t micros;
    std::int32_t east;
    if (!take_clock(text, micros) || !read_offset(text, east)) return nullptr;
    return store(store(to, micros), -east);
}

char* encode_timestamp(std::string_view text, char* to) {
    if (text.ends_with('y')) return encode_infinity<std::int64_t>(text, to);
    const bool before_christ = take_era(text);
    std::int64_t days;
    std::int64_t micros;
    std::int32_t east = 0;
    if (!take_date(text, before_christ, days) || text.empty() || text[0] != ' ') return nullptr;
    text.remove_prefix(1);
    if (!take_clock(text, micros) || micros == micros_per_day) return nullptr;
    if (!text.empty() && text != "+00" && !read_offset(text, east)) return nullptr;
    // Neither overflows: the range of days is checked first, with a day to spare on both sides.
    if (days > timestamp_end) return nullptr;
    const std::int64_t whole_days = days * micros_per_day;
    std::int64_t value;
    if (__builtin_add_overflow(whole_days, micros - east * micros_per_second, &value)) return nullptr;
    if (value < first_day * micros_per_day || value >= timestamp_end * micros_per_day) return nullptr;
    return store(to, value);
}

}  // namespace walferry
