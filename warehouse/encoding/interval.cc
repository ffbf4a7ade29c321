#include <array>
#include <limits>

#include "model/byte_order.h"
#include "warehouse/encoding/datetime.h"
#include "warehouse/encoding/number.h"

namespace walferry {
namespace {

// intervalstyle postgres (EncodeInterval in src/backend/utils/adt/datetime.c):
//   [N year[s] ][N mon[s] ][N day[s] ][[+-]HH…:MM:SS[.ffffff]]
// Each number has its own sign; a plus is written where a negative one came before. Each part appears at most
// once, in this order, and at least one of them does.
struct Unit {
    std::string_view name;
    std::int64_t months;
    std::int64_t days;
};
constexpr std::array<Unit, 3> units = {{{"year", 12, 0}, {"mon", 1, 0}, {"day", 0, 1}}};

bool take_sign(std::string_view& text) {
    const bool negative = text.front() == '-';
    if (negative || text.front() == '+') text.remove_prefix(1);
    return negative;
}

/// [+-]HH…:MM:SS[.ffffff] to the end; the smallest int64 is a value, too.
bool read_time(std::string_view text, std::int64_t& micros) {
    const bool negative = take_sign(text);
    const std::size_t hour_digits = text.find(':');
    std::uint64_t hours;
    if (hour_digits == std::string_view::npos || hour_digits < 2 || hour_digits > 10) return false;
    if (!read_digits(text.data(), hour_digits, hours)) return false;
    text.remove_prefix(hour_digits);
    const std::int64_t rest = take_minutes_and_seconds(text);
    if (rest < 0 || !text.empty()) return false;
    constexpr std::uint64_t micros_per_hour = 3600 * micros_per_second;
    constexpr std::uint64_t limit = std::numeric_limits<std::int64_t>::max();
    if (hours > limit / micros_per_hour) return false;
    const std::uint64_t magnitude = hours * micros_per_hour + static_cast<std::uint64_t>(rest);
    if (magnitude > limit + (negative ? 1 : 0)) return false;
    micros = static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
    return true;
}

/// Takes `N unit[s]` off the front and adds it; `next_unit` moves behind that unit.
bool take_part(std::string_view& text, std::size_t& next_unit, std::int64_t& months, std::int64_t& days) {
    const bool negative = take_sign(text);
    const std::size_t digits = text.find(' ');
    std::uint64_t magnitude;
    if (digits == std::string_view::npos || digits == 0 || digits > 10) return false;
    if (!read_digits(text.data(), digits, magnitude)) return false;
    text.remove_prefix(digits + 1);
    const auto number =
        negative ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
    for (; next_unit < units.size(); ++next_unit) {
        const Unit& unit = units[next_unit];
        if (!text.starts_with(unit.name)) continue;
        text.remove_prefix(unit.name.size());
        if (text.starts_with('s')) text.remove_prefix(1);
        if (!text.empty() && text.front() != ' ') return false;
        months += number * unit.months;
        days += number * unit.days;
        ++next_unit;
        return true;
    }
    return false;
}

bool fits_int32(std::int64_t value) {
    return value >= std::numeric_limits<std::int32_t>::min() &&
           value <= std::numeric_limits<std::int32_t>::max();
}

char* store_interval(char* to, std::int64_t micros, std::int32_t days, std::int32_t months) {
    store_big_endian(to, micros);
    store_big_endian(to + 8, days);
    store_big_endian(to + 12, months);
    return to + 16;
}

template <class T>
using Limits = std::numeric_limits<T>;

}  // namespace

char* encode_interval(std::string_view text, char* to) {
    using I32 = Limits<std::int32_t>;
    using I64 = Limits<std::int64_t>;
    // PostgreSQL 17 and up.
    if (text == "infinity") return store_interval(to, I64::max(), I32::max(), I32::max());
    if (text == "-infinity") return store_interval(to, I64::min(), I32::min(), I32::min());
    std::int64_t micros = 0;
    std::int64_t months = 0;
    std::int64_t days = 0;
    std::size_t next_unit = 0;
    if (text.empty()) return nullptr;
    while (true) {
        if (text.find(' ') == std::string_view::npos) {
            if (!read_time(text, micros)) return nullptr;
            break;
        }
        if (!take_part(text, next_unit, months, days)) return nullptr;
        if (text.empty()) break;
        text.remove_prefix(1);
        if (text.empty()) return nullptr;
    }
    if (!fits_int32(months) || !fits_int32(days)) return nullptr;
    return store_interval(to, micros, static_cast<std::int32_t>(days), static_cast<std::int32_t>(months));
}

}  // namespace walferry
