#include <cstdlib>
#include <limits>

#include "model/byte_order.h"
#include "publish/values/temporal_text.h"
#include "publish/values/value_writer.h"

namespace walferry::publish {

namespace {

constexpr std::int64_t long_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t long_min = std::numeric_limits<std::int64_t>::min();

/// What Debezium writes for the infinities of a timestamp in milliseconds: those of PostgreSQL's driver.
constexpr std::int64_t infinite_millis = 9223372036825200000;
constexpr std::int64_t negative_infinite_millis = -9223372036832400000;

std::int64_t floor_div(std::int64_t value, std::int64_t by) {
    return value / by - (value % by < 0 ? 1 : 0);
}

void write_infinity(const Moment& moment, ValueSink& sink) {
    sink.text(moment.infinity > 0 ? "infinity" : "-infinity");
}

Carried put_date(const Moment& moment, ValueSink& sink) {
    if (moment.infinity != 0) {  // PostgreSQL's own numbers for them
        sink.integer(moment.infinity > 0 ? std::numeric_limits<std::int32_t>::max()
                                         : std::numeric_limits<std::int32_t>::min());
    } else {
        sink.integer(moment.day);
    }
    return Carried::Whole;
}

Carried put_time(const ValueFormat& format, std::int64_t micros, ValueSink& sink) {
    if (format.unit == TimeUnit::Milliseconds) micros /= 1000;
    if (format.unit == TimeUnit::Nanoseconds) micros *= 1000;
    sink.integer(micros);
    return Carried::Whole;
}

Carried put_timestamp(const ValueFormat& format, const Moment& moment, ValueSink& sink) {
    const bool millis = format.unit == TimeUnit::Milliseconds;
    if (moment.infinity > 0) {
        sink.integer(millis ? infinite_millis : long_max);
    } else if (moment.infinity < 0) {
        sink.integer(millis ? negative_infinite_millis : long_min);
    } else if (millis) {
        sink.integer(moment.day * (micros_per_day / 1000) + floor_div(moment.micros, 1000));
    } else {
        const std::int64_t unit = format.unit == TimeUnit::Nanoseconds ? 1000 : 1;
        std::int64_t value = 0;
        // A day before 1970 counts back from its end, so that the sum alone decides on what fits.
        const bool before = moment.day < 0;
        const std::int64_t rest = (before ? moment.micros - micros_per_day : moment.micros) * unit;
        if (__builtin_mul_overflow(moment.day + (before ? 1 : 0), micros_per_day * unit, &value) ||
            __builtin_add_overflow(value, rest, &value) || value == long_max || value == long_min) {
            return Carried::OutOfRange;
        }
        sink.integer(value);
    }
    return Carried::Whole;
}

Carried put_zoned_timestamp(const ValueFormat& format, const Moment& moment, ValueSink& sink) {
    if (moment.infinity != 0) {
        write_infinity(moment, sink);
        return Carried::Whole;
    }
    std::string& text = sink.scratch();
    append_iso_date(text, moment.day);
    text += 'T';
    append_iso_time(text, moment.micros, format.fraction);
    text += 'Z';
    sink.text(text);
    return Carried::Whole;
}

}  // namespace

Carried write_date(const ValueFormat&, std::string_view text, ValueSink& sink) {
    const auto moment = read_date(text);
    return moment ? put_date(*moment, sink) : Carried::Invalid;
}

Carried write_time(const ValueFormat& format, std::string_view text, ValueSink& sink) {
    const auto micros = read_time(text);
    return micros ? put_time(format, *micros, sink) : Carried::Invalid;
}

Carried write_timestamp(const ValueFormat& format, std::string_view text, ValueSink& sink) {
    const auto moment = read_timestamp(text);
    return moment ? put_timestamp(format, *moment, sink) : Carried::Invalid;
}

Carried write_iso_date(const ValueFormat&, std::string_view text, ValueSink& sink) {
    const auto moment = read_date(text);
    if (!moment) return Carried::Invalid;
    if (moment->infinity != 0) {
        write_infinity(*moment, sink);
        return Carried::Whole;
    }
    std::string& iso = sink.scratch();
    append_iso_date(iso, moment->day);
    iso += 'Z';
    sink.text(iso);
    return Carried::Whole;
}

Carried write_iso_time(const ValueFormat&, std::string_view text, ValueSink& sink) {
    const auto micros = read_time(text);
    if (!micros) return Carried::Invalid;
    std::string& iso = sink.scratch();
    append_iso_time(iso, *micros, -1);
    iso += 'Z';
    sink.text(iso);
    return Carried::Whole;
}

Carried write_iso_timestamp(const ValueFormat&, std::string_view text, ValueSink& sink) {
    const auto moment = read_timestamp(text);
    ValueFormat shortest;
    shortest.fraction = -1;
    return moment ? put_zoned_timestamp(shortest, *moment, sink) : Carried::Invalid;
}

Carried write_zoned_time(const ValueFormat&, std::string_view text, ValueSink& sink) {
    const auto time = read_zoned_time(text);
    if (!time) return Carried::Invalid;
    std::int64_t micros = time->micros - time->east_seconds * micros_per_second;
    if (micros < 0) micros += micros_per_day;
    if (micros >= micros_per_day && time->east_seconds != 0) micros -= micros_per_day;
    std::string& iso = sink.scratch();
    append_iso_time(iso, micros, -1);
    iso += 'Z';
    sink.text(iso);
    return Carried::Whole;
}

Carried write_zoned_timestamp(const ValueFormat& format, std::string_view text, ValueSink& sink) {
    const auto moment = read_timestamp(text);
    return moment ? put_zoned_timestamp(format, *moment, sink) : Carried::Invalid;
}

Carried write_binary_date(const ValueFormat&, std::string_view bytes, ValueSink& sink) {
    if (bytes.size() != 4) return Carried::Invalid;
    return put_date(moment_of_pg_days(load_big_endian<std::int32_t>(bytes.data())), sink);
}

Carried write_binary_time(const ValueFormat& format, std::string_view bytes, ValueSink& sink) {
    if (bytes.size() != 8) return Carried::Invalid;
    return put_time(format, load_big_endian<std::int64_t>(bytes.data()), sink);
}

Carried write_binary_timestamp(const ValueFormat& format, std::string_view bytes, ValueSink& sink) {
    if (bytes.size() != 8) return Carried::Invalid;
    return put_timestamp(format, moment_of_pg_micros(load_big_endian<std::int64_t>(bytes.data())), sink);
}

Carried write_binary_zoned_timestamp(const ValueFormat& format, std::string_view bytes, ValueSink& sink) {
    if (bytes.size() != 8) return Carried::Invalid;
    return put_zoned_timestamp(format, moment_of_pg_micros(load_big_endian<std::int64_t>(bytes.data())),
                               sink);
}

}  // namespace walferry::publish
