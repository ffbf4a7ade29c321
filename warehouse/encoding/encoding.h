#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace walferry {

/// How one column's value stands in a load row. The load format is PostgreSQL's binary COPY format (the tuple
/// part of https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"): for each column an int32
/// length, -1 for NULL, then the bytes of the type's binary send form. PostgreSQL warehouses take it as it
/// is; other drivers read it column by column. A type whose binary form is not portable travels as its text
/// form (`Text`).
enum class Encoding : std::uint8_t {
    Text,  ///< bytes as they are: text types, enums, and every type without a portable binary form
    Bool,  ///< 1 byte
    Int2,  ///< big-endian, as all numbers below
    Int4,
    Int8,
    Oid,  ///< uint32
    Float4,
    Float8,
    Numeric,    ///< int16 ndigits, weight, sign, dscale, then base-10000 digits (numeric_send)
    Money,      ///< int64 hundredths; text form under lc_monetary=C, e.g. -$1,234.56
    Bytea,      ///< raw bytes; text form is \x hex
    Date,       ///< int32 days since 2000-01-01; ±infinity are INT32_MAX / INT32_MIN
    Time,       ///< int64 µs of the day; 24:00:00 is 86400000000
    TimeTz,     ///< int64 µs of the day, int32 seconds west of UTC
    Timestamp,  ///< int64 µs since 2000-01-01, both timestamp and timestamptz (text in UTC); ±infinity
                ///< INT64_MAX / MIN
    Interval,   ///< int64 µs, int32 days, int32 months
    Uuid,       ///< 16 bytes
    Jsonb,      ///< version byte 1, then text
    Array,      ///< array_send form; elements by ColumnEncoding::element
    ArrayJson,  ///< an array as JSON text (array_json.h), by ColumnEncoding::element_oid
    ArrayJsonb  ///< the same behind a version byte 1
};

struct ColumnEncoding {
    Encoding kind = Encoding::Text;
    Encoding element = Encoding::Text;  ///< of an array's elements
    std::uint32_t element_oid = 0;      ///< written into an array's header; of JSON, how elements look

    bool operator==(const ColumnEncoding&) const = default;
};

/// The length field of a load row's field: NULL, and an unchanged TOAST value that the stream did not carry
/// (the latter only inside batches; a loader never sees it).
inline constexpr std::int32_t null_length = -1;
inline constexpr std::int32_t unchanged_length = -2;

/// How many bytes `encode_text` may write at most for a text of `text_bytes` bytes, without the length field.
std::size_t encoded_bytes_max(const ColumnEncoding& encoding, std::size_t text_bytes);

/// Writes the binary form of `text`, PostgreSQL's text output under the session settings that walferry sets
/// (datestyle ISO, intervalstyle postgres, timezone UTC, bytea_output hex, lc_monetary C), to `to`, which
/// must have room for `encoded_bytes_max`. Returns one past the last byte written, or nullptr when `text` is
/// not a value of the type (it never guesses, rounds or clamps). Pure; allocates nothing for scalars.
char* encode_text(const ColumnEncoding& encoding, std::string_view text, char* to);

}  // namespace walferry
