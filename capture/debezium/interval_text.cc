#include "capture/debezium/interval_text.h"

#include <charconv>
#include <cstdlib>
#include <limits>

#include "capture/debezium/calendar_text.h"

namespace walferry::debezium {

namespace {

constexpr std::int64_t microseconds_a_month = 2'629'800'000'000;  // 365.25 / 12 days

/// Whether the fields of an interval's modifier are years and months alone (INTERVAL_MASK, timestamp.h).
bool only_months(std::int32_t modifier) {
    if (modifier < 0) return false;
    const std::int32_t fields = (modifier >> 16) & 0x7fff;
    constexpr std::int32_t month = 1 << 1, year = 1 << 2;
    return fields != 0 && (fields & ~(month | year)) == 0;
}

template <class T>
bool add(T& to, std::int64_t count, std::int64_t factor) {
    std::int64_t product = 0, sum = 0;
    if (__builtin_mul_overflow(count, factor, &product) || __builtin_add_overflow(product, to, &sum))
        return false;
    to = static_cast<T>(sum);
    return to == sum;
}

/// A number with sign and up to six digits of a fraction.
struct Amount {
    std::int64_t whole = 0;
    std::int64_t millionths = 0;
};

bool read_amount(std::string_view& rest, Amount& to) {
    const bool negative = !rest.empty() && rest.front() == '-';
    if (!rest.empty() && (negative || rest.front() == '+')) rest.remove_prefix(1);
    if (rest.empty() || rest.front() < '0' || rest.front() > '9') return false;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), to.whole);
    if (error != std::errc()) return false;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (!rest.empty() && rest.front() == '.') {
        rest.remove_prefix(1);
        for (std::int64_t unit = 100'000; !rest.empty() && rest.front() >= '0' && rest.front() <= '9';
             unit /= 10, rest.remove_prefix(1)) {
            if (unit == 0 && rest.front() != '0') return false;
            to.millionths += (rest.front() - '0') * unit;
        }
    }
    if (negative) to = {-to.whole, -to.millionths};
    return true;
}

bool add_amount(Interval& to, const Amount& amount, char unit, bool in_time) {
    if (in_time && unit == 'S')
        return add(to.microseconds, amount.whole, microseconds_a_second) &&
               add(to.microseconds, amount.millionths, 1);
    if (amount.millionths != 0) return false;
    if (in_time && unit == 'H') return add(to.microseconds, amount.whole, 3600 * microseconds_a_second);
    if (in_time && unit == 'M') return add(to.microseconds, amount.whole, 60 * microseconds_a_second);
    if (in_time) return false;
    if (unit == 'Y') return add(to.months, amount.whole, 12);
    if (unit == 'M') return add(to.months, amount.whole, 1);
    if (unit == 'W') return add(to.days, amount.whole, 7);
    return unit == 'D' && add(to.days, amount.whole, 1);
}

}  // namespace

bool interval_from_microseconds(std::int64_t microseconds, std::int32_t modifier, Interval& to) {
    using Limits = std::numeric_limits<std::int64_t>;
    if (microseconds == Limits::max() || microseconds == Limits::min()) return false;
    to = {};
    if (!only_months(modifier)) {
        to.microseconds = microseconds;
        return true;
    }
    to.months = static_cast<std::int32_t>(microseconds / microseconds_a_month);
    return microseconds % microseconds_a_month == 0;
}

bool parse_iso_interval(std::string_view text, Interval& to) {
    to = {};
    if (text.size() < 3 || text.front() != 'P') return false;
    bool in_time = false;
    for (std::string_view rest = text.substr(1); !rest.empty();) {
        if (rest.front() == 'T' && !in_time) {
            in_time = true;
            rest.remove_prefix(1);
        }
        Amount amount;
        if (!read_amount(rest, amount) || rest.empty() || !add_amount(to, amount, rest.front(), in_time))
            return false;
        rest.remove_prefix(1);
    }
    return true;
}

void append_interval(std::string& to, const Interval& interval) {
    const std::size_t begin = to.size();
    bool after_negative = false;
    // As PostgreSQL's AddPostgresIntPart: a plus where the part before was negative.
    const auto part = [&](std::int32_t count, const char* unit) {
        if (count == 0) return;
        if (to.size() > begin) to += ' ';
        if (after_negative && count > 0) to += '+';
        to += std::to_string(count);
        to += ' ';
        to += unit;
        if (count != 1) to += 's';
        after_negative = count < 0;
    };
    part(interval.months / 12, "year");
    part(interval.months % 12, "mon");
    part(interval.days, "day");
    if (interval.microseconds == 0 && to.size() > begin) return;
    if (to.size() > begin) to += ' ';
    if (interval.microseconds < 0) {
        to += '-';
    } else if (after_negative) {
        to += '+';
    }
    const auto microseconds = static_cast<std::uint64_t>(interval.microseconds);
    append_clock(to, interval.microseconds < 0 ? ~microseconds + 1 : microseconds);
}

}  // namespace walferry::debezium
