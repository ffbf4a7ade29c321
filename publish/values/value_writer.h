#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "publish/value_sink.h"

namespace walferry::publish {

/// What became of a value.
enum class Carried {
    Whole,       ///< it was written
    Not,         ///< the Connect type has nothing for it: nothing was written
    OutOfRange,  ///< the Connect type would hold a wrong value: nothing was written
    Invalid      ///< the bytes are no value of the type; something may have been written
};

enum class BytesForm { Bytes, Base64, Base64UrlSafe, Hex };
enum class TimeUnit { Milliseconds, Microseconds, Nanoseconds };

struct ValueFormat;

/// Writes one value that is not NULL.
using WriteValue = Carried (*)(const ValueFormat& format, std::string_view bytes, ValueSink& sink);

/// What a writer has to know of a column.
struct ValueFormat {
    int scale = 0;     ///< digits behind the point of a decimal
    int fraction = 6;  ///< digits of a zoned timestamp's seconds
    TimeUnit unit = TimeUnit::Microseconds;
    BytesForm bytes = BytesForm::Bytes;
    WriteValue element = nullptr;  ///< of an array's elements, text form
    std::shared_ptr<const ValueFormat> element_format = {};
};

// PostgreSQL's text forms, under the session settings that docs/types.md names.
Carried write_text(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_boolean(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_integer(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_real32(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_real64(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_bytea(const ValueFormat& format, std::string_view text, ValueSink& sink);
Carried write_text_as_bytes(const ValueFormat& format, std::string_view text, ValueSink& sink);

Carried write_decimal(const ValueFormat& format, std::string_view text, ValueSink& sink);  ///< of one scale
Carried write_variable_decimal(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_decimal_as_double(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_money(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_money_as_double(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_money_as_text(const ValueFormat&, std::string_view text, ValueSink& sink);

Carried write_date(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_time(const ValueFormat& format, std::string_view text, ValueSink& sink);
Carried write_timestamp(const ValueFormat& format, std::string_view text, ValueSink& sink);
Carried write_iso_date(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_iso_time(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_iso_timestamp(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_zoned_time(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_zoned_timestamp(const ValueFormat& format, std::string_view text, ValueSink& sink);
Carried write_interval(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_iso_interval(const ValueFormat&, std::string_view text, ValueSink& sink);

Carried write_bit(const ValueFormat&, std::string_view text, ValueSink& sink);   ///< one bit: a boolean
Carried write_bits(const ValueFormat&, std::string_view text, ValueSink& sink);  ///< io.debezium.data.Bits
Carried write_hstore_json(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_hstore_map(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_array(const ValueFormat& format, std::string_view text, ValueSink& sink);

Carried write_point(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_line(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_circle(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_segment(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_box(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_path(const ValueFormat&, std::string_view text, ValueSink& sink);
Carried write_polygon(const ValueFormat&, std::string_view text, ValueSink& sink);

// The types' binary send forms.
Carried write_binary_boolean(const ValueFormat&, std::string_view bytes, ValueSink& sink);
Carried write_binary_integer(const ValueFormat&, std::string_view bytes, ValueSink& sink);  ///< 2, 4, 8 bytes
Carried write_binary_oid(const ValueFormat&, std::string_view bytes, ValueSink& sink);
Carried write_binary_real32(const ValueFormat&, std::string_view bytes, ValueSink& sink);
Carried write_binary_real64(const ValueFormat&, std::string_view bytes, ValueSink& sink);
Carried write_binary_bytea(const ValueFormat& format, std::string_view bytes, ValueSink& sink);
Carried write_binary_jsonb(const ValueFormat&, std::string_view bytes, ValueSink& sink);
Carried write_binary_uuid(const ValueFormat&, std::string_view bytes, ValueSink& sink);
Carried write_binary_date(const ValueFormat&, std::string_view bytes, ValueSink& sink);
Carried write_binary_time(const ValueFormat& format, std::string_view bytes, ValueSink& sink);
Carried write_binary_timestamp(const ValueFormat& format, std::string_view bytes, ValueSink& sink);
Carried write_binary_zoned_timestamp(const ValueFormat& format, std::string_view bytes, ValueSink& sink);
Carried write_binary_numeric(const ValueFormat& format, std::string_view bytes, ValueSink& sink);
Carried write_binary_variable_numeric(const ValueFormat&, std::string_view bytes, ValueSink& sink);

}  // namespace walferry::publish
