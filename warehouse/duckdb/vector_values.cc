// How each pair of load-format encoding and DuckDB type is converted. DuckDB's physical forms are those of
// duckdb.h.
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

#include "model/byte_order.h"
#include "warehouse/duckdb/decimal.h"
#include "warehouse/duckdb/utf8.h"
#include "warehouse/duckdb/vector_writer.h"
#include "warehouse/encoding/datetime.h"

namespace walferry {
namespace {

constexpr const char* malformed = "malformed";
constexpr std::int64_t days_1970_to_2000 = 10957;
constexpr std::size_t inline_string_bytes = 12;

template <class Source, class Target>
const char* write_integer(VectorWriter& writer, idx_t row, const char* bytes, std::int32_t length) {
    if (length != sizeof(Source)) return malformed;
    const auto value = load_big_endian<Source>(bytes);
    if (!std::in_range<Target>(value)) return "out of range";
    writer.at<Target>(row) = static_cast<Target>(value);
    return nullptr;
}

template <class Source>
VectorWriter::Write choose_integer(duckdb_type type) {
    switch (type) {
        case DUCKDB_TYPE_SMALLINT:
            return write_integer<Source, std::int16_t>;
        case DUCKDB_TYPE_INTEGER:
            return write_integer<Source, std::int32_t>;
        case DUCKDB_TYPE_BIGINT:
            return write_integer<Source, std::int64_t>;
        case DUCKDB_TYPE_UINTEGER:
            return write_integer<Source, std::uint32_t>;
        case DUCKDB_TYPE_UBIGINT:
            return write_integer<Source, std::uint64_t>;
        default:
            return nullptr;
    }
}

const char* write_bool(VectorWriter& writer, idx_t row, const char* bytes, std::int32_t length) {
    if (length != 1) return malformed;
    writer.at<bool>(row) = *bytes != 0;
    return nullptr;
}

template <class Source, class Bits, class Target>
const char* write_float(VectorWriter& writer, idx_t row, const char* bytes, std::int32_t length) {
    if (length != sizeof(Bits)) return malformed;
    writer.at<Target>(row) = std::bit_cast<Source>(load_big_endian<Bits>(bytes));
    return nullptr;
}

const char* write_bytes(VectorWriter& writer, idx_t row, const char* bytes, std::int32_t length) {
    const auto size = static_cast<std::size_t>(length);
    if (size > inline_string_bytes) {
        duckdb_vector_assign_string_element_len(writer.vector(), row, bytes, size);
        return nullptr;
    }
    duckdb_string_t text{};
    text.value.inlined.length = static_cast<std::uint32_t>(size);
    std::memcpy(text.value.inlined.inlined, bytes, size);
    writer.at<duckdb_string_t>(row) = text;
    return nullptr;
}

const char* write_text(VectorWriter& writer, idx_t row, const char* bytes, std::int32_t length) {
    if (!is_valid_utf8({bytes, static_cast<std::size_t>(length)})) return "not valid UTF-8";
    return write_bytes(writer, row, bytes, length);
}

const char* write_jsonb(VectorWriter& writer, idx_t row, const char* bytes, std::int32_t length) {
    if (length < 1 || *bytes != 1) return malformed;
    return write_text(writer, row, bytes + 1, length - 1);
}

template <class Physical>
void store_decimal(VectorWriter& writer, idx_t row, Int128 value) {
    if constexpr (sizeof(Physical) == 16) {
        writer.at<duckdb_hugeint>(row) = {static_cast<std::uint64_t>(value),
                                          static_cast<std::int64_t>(value >> 64)};
    } else {
        writer.at<Physical>(row) = static_cast<Physical>(value);
    }
}

template <class Physical, class Wide>
const char* write_decimal(VectorWriter& writer, idx_t row, const char* bytes, std::int32_t length) {
    Wide value;
    const std::string_view numeric(bytes, static_cast<std::size_t>(length));
    const char* refusal = read_decimal(numeric, writer.decimal_width(), writer.decimal_scale(), value);
    if (refusal == nullptr) store_decimal<Physical>(writer, row, value);
    return refusal;
}

template <class Physical>
const char* write_money(VectorWriter& writer, idx_t row, const char* bytes, std::int32_t length) {
    if (length != 8) return malformed;
    const int extra_scale = writer.decimal_scale() - 2;
    const auto hundredths = load_big_endian<std::int64_t>(bytes);
    const Int128 limit = power_of_ten(writer.decimal_width() - extra_scale);
    if (hundredths >= limit || hundredths <= -limit) return "too many digits before the point";
    store_decimal<Physical>(writer, row, hundredths * power_of_ten(extra_scale));
    return nullptr;
}

const char* write_numeric_as_double(VectorWriter& writer, idx_t row, const char* bytes, std::int32_t length) {
    const std::string text = numeric_text({bytes, static_cast<std::size_t>(length)});
    double& value = writer.at<double>(row);
    if (text == "NaN") {
        value = std::numeric_limits<double>::quiet_NaN();
    } else if (text.ends_with('y')) {
        value = text.front() == '-' ? -std::numeric_limits<double>::infinity()
                                    : std::numeric_limits<double>::infinity();
    } else {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size()) return "out of range";
    }
    return nullptr;
}

VectorWriter::Write choose_numeric(duckdb_logical_type type) {
    if (duckdb_get_type_id(type) == DUCKDB_TYPE_DOUBLE) return write_numeric_as_double;
    if (duckdb_get_type_id(type) != DUCKDB_TYPE_DECIMAL) return nullptr;
    switch (duckdb_decimal_internal_type(type)) {
        case DUCKDB_TYPE_SMALLINT:
            return write_decimal<std::int16_t, std::int64_t>;
        case DUCKDB_TYPE_INTEGER:
            return write_decimal<std::int32_t, std::int64_t>;
        case DUCKDB_TYPE_BIGINT:
            return write_decimal<std::int64_t, std::int64_t>;
        case DUCKDB_TYPE_HUGEINT:
            return write_decimal<duckdb_hugeint, Int128>;
        default:
            return nullptr;
    }
}

VectorWriter::Write choose_money(duckdb_logical_type type) {
    if (duckdb_get_type_id(type) != DUCKDB_TYPE_DECIMAL || duckdb_decimal_scale(type) < 2) return nullptr;
    switch (duckdb_decimal_internal_type(type)) {
        case DUCKDB_TYPE_SMALLINT:
            return write_money<std::int16_t>;
        case DUCKDB_TYPE_INTEGER:
            return write_money<std::int32_t>;
        case DUCKDB_TYPE_BIGINT:
            return write_money<std::int64_t>;
        case DUCKDB_TYPE_HUGEINT:
            return write_money<duckdb_hugeint>;
        default:
            return nullptr;
    }
}

/// From 2000 to 1970. DuckDB's infinities are the largest number and its negative; the range of PostgreSQL's
/// timestamps ends 30 years after that of DuckDB's.
template <class T>
const char* write_since_epoch(VectorWriter& writer, idx_t row, const char* bytes, std::int32_t length) {
    constexpr T max = std::numeric_limits<T>::max();
    constexpr auto shift =
        static_cast<T>(sizeof(T) == 8 ? days_1970_to_2000 * micros_per_day : days_1970_to_2000);
    if (length != sizeof(T)) return malformed;
    const auto value = load_big_endian<T>(bytes);
    T& target = writer.at<T>(row);
    if (value == max) {
        target = max;
    } else if (value == std::numeric_limits<T>::min()) {
        target = -max;
    } else if (value >= max - shift) {
        return "after the last one that DuckDB can store";
    } else {
        target = value + shift;
    }
    return nullptr;
}

/// 40 bits of microseconds, 24 bits of offset: so stored that later offsets sort first (dtime_tz_t in
/// DuckDB's datetime.hpp).
const char* write_time_tz(VectorWriter& writer, idx_t row, const char* bytes, std::int32_t length) {
    if (length != 12) return malformed;
    const auto micros = load_big_endian<std::int64_t>(bytes);
    const auto seconds_west = load_big_endian<std::int32_t>(bytes + 8);
    writer.at<duckdb_time_tz>(row) = duckdb_create_time_tz(micros, -seconds_west);
    return nullptr;
}

const char* write_interval(VectorWriter& writer, idx_t row, const char* bytes, std::int32_t length) {
    if (length != 16) return malformed;
    const auto micros = load_big_endian<std::int64_t>(bytes);
    const auto days = load_big_endian<std::int32_t>(bytes + 8);
    const auto months = load_big_endian<std::int32_t>(bytes + 12);
    using I32 = std::numeric_limits<std::int32_t>;
    using I64 = std::numeric_limits<std::int64_t>;
    const bool infinite = (micros == I64::max() && days == I32::max() && months == I32::max()) ||
                          (micros == I64::min() && days == I32::min() && months == I32::min());
    if (infinite) return "DuckDB has no infinite interval";
    writer.at<duckdb_interval>(row) = {months, days, micros};
    return nullptr;
}

/// A HUGEINT whose top bit is flipped, so that it sorts like the bytes.
const char* write_uuid(VectorWriter& writer, idx_t row, const char* bytes, std::int32_t length) {
    if (length != 16) return malformed;
    const auto upper = load_big_endian<std::uint64_t>(bytes) ^ (std::uint64_t{1} << 63);
    writer.at<duckdb_hugeint>(row) = {load_big_endian<std::uint64_t>(bytes + 8),
                                      static_cast<std::int64_t>(upper)};
    return nullptr;
}

const char* write_list(VectorWriter& writer, idx_t row, const char* bytes, std::int32_t length) {
    if (length < 12) return malformed;
    const char* const end = bytes + length;
    const auto dimensions = load_big_endian<std::int32_t>(bytes);
    std::int32_t count = 0;
    bytes += 12;
    if (dimensions != 0) {
        if (dimensions != 1) return "a LIST takes one-dimensional arrays only";
        if (end - bytes < 8) return malformed;
        count = load_big_endian<std::int32_t>(bytes);
        if (load_big_endian<std::int32_t>(bytes + 4) != 1)
            return "a LIST takes arrays with lower bound 1 only";
        bytes += 8;
        if (count < 0 || count > (end - bytes) / 4) return malformed;
    }
    const idx_t first = writer.extend(static_cast<std::uint64_t>(count));
    writer.at<duckdb_list_entry>(row) = {first, static_cast<std::uint64_t>(count)};
    for (idx_t i = first; count > 0; ++i, --count) {
        if (end - bytes < 4) return malformed;
        const auto element_length = load_big_endian<std::int32_t>(bytes);
        bytes += 4;
        if (element_length == null_length) {
            writer.element().put_null(i);
            continue;
        }
        if (element_length < 0 || element_length > end - bytes) return malformed;
        const char* refusal = writer.element().put(i, bytes, element_length);
        if (refusal != nullptr) return refusal;
        bytes += element_length;
    }
    return nullptr;
}

}  // namespace

VectorWriter::Write choose_write(Encoding encoding, duckdb_logical_type type) {
    const duckdb_type id = duckdb_get_type_id(type);
    const auto only = [id](duckdb_type wanted, VectorWriter::Write write) {
        return id == wanted ? write : nullptr;
    };
    switch (encoding) {
        case Encoding::Text:
        case Encoding::ArrayJson:
            return only(DUCKDB_TYPE_VARCHAR, write_text);
        case Encoding::Jsonb:
        case Encoding::ArrayJsonb:
            return only(DUCKDB_TYPE_VARCHAR, write_jsonb);
        case Encoding::Bytea:
            return only(DUCKDB_TYPE_BLOB, write_bytes);
        case Encoding::Bool:
            return only(DUCKDB_TYPE_BOOLEAN, write_bool);
        case Encoding::Int2:
            return choose_integer<std::int16_t>(id);
        case Encoding::Int4:
            return choose_integer<std::int32_t>(id);
        case Encoding::Int8:
            return choose_integer<std::int64_t>(id);
        case Encoding::Oid:
            return choose_integer<std::uint32_t>(id);
        case Encoding::Float4:
            if (id == DUCKDB_TYPE_DOUBLE) return write_float<float, std::uint32_t, double>;
            return only(DUCKDB_TYPE_FLOAT, write_float<float, std::uint32_t, float>);
        case Encoding::Float8:
            return only(DUCKDB_TYPE_DOUBLE, write_float<double, std::uint64_t, double>);
        case Encoding::Numeric:
            return choose_numeric(type);
        case Encoding::Money:
            return choose_money(type);
        case Encoding::Date:
            return only(DUCKDB_TYPE_DATE, write_since_epoch<std::int32_t>);
        case Encoding::Time:
            return only(DUCKDB_TYPE_TIME, write_integer<std::int64_t, std::int64_t>);
        case Encoding::TimeTz:
            return only(DUCKDB_TYPE_TIME_TZ, write_time_tz);
        case Encoding::Timestamp:
            if (id == DUCKDB_TYPE_TIMESTAMP) return write_since_epoch<std::int64_t>;
            return only(DUCKDB_TYPE_TIMESTAMP_TZ, write_since_epoch<std::int64_t>);
        case Encoding::Interval:
            return only(DUCKDB_TYPE_INTERVAL, write_interval);
        case Encoding::Uuid:
            return only(DUCKDB_TYPE_UUID, write_uuid);
        case Encoding::Array:
            return only(DUCKDB_TYPE_LIST, write_list);
    }
    return nullptr;
}

}  // namespace walferry
