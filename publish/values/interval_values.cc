#include <algorithm>
#include <limits>

#include "publish/json_sink.h"
#include "publish/values/temporal_text.h"
#include "publish/values/value_writer.h"

namespace walferry::publish {

namespace {

__extension__ using SignedWide = __int128;

/// 365.25 / 12 days.
constexpr std::int64_t micros_per_month = 2'629'800 * micros_per_second;

void append_seconds(std::string& to, bool negative, std::int64_t micros) {
    if (negative && micros != 0) to += '-';
    append_number(to, micros / micros_per_second);
    std::int64_t rest = micros % micros_per_second;
    if (rest == 0) return;
    to += '.';
    for (std::int64_t unit = 100'000; rest != 0; unit /= 10) {
        to += static_cast<char>('0' + rest / unit);
        rest %= unit;
    }
}

}  // namespace

Carried write_interval(const ValueFormat&, std::string_view text, ValueSink& sink) {
    const auto parts = read_interval(text);
    if (!parts) return Carried::Invalid;
    SignedWide time =
        (SignedWide{parts->hours} * 60 + parts->minutes) * 60 * micros_per_second + parts->micros;
    if (parts->negative_time) time = -time;
    const SignedWide micros = (SignedWide{parts->years} * 12 + parts->months) * micros_per_month +
                              SignedWide{parts->days} * micros_per_day + time;
    constexpr SignedWide most = std::numeric_limits<std::int64_t>::max();
    constexpr SignedWide least = std::numeric_limits<std::int64_t>::min();
    sink.integer(static_cast<std::int64_t>(std::min(std::max(micros, least), most)));
    return Carried::Whole;
}

Carried write_iso_interval(const ValueFormat&, std::string_view text, ValueSink& sink) {
    const auto parts = read_interval(text);
    if (!parts) return Carried::Invalid;
    std::string& iso = sink.scratch();
    const auto append = [&](std::int64_t number, char unit) {
        append_number(iso, number);
        iso += unit;
    };
    const std::int64_t sign = parts->negative_time ? -1 : 1;
    iso += 'P';
    append(parts->years, 'Y');
    append(parts->months, 'M');
    append(parts->days, 'D');
    iso += 'T';
    append(sign * parts->hours, 'H');
    append(sign * parts->minutes, 'M');
    append_seconds(iso, parts->negative_time, parts->micros);
    iso += 'S';
    sink.text(iso);
    return Carried::Whole;
}

}  // namespace walferry::publish
