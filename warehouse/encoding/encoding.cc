#include "warehouse/encoding/encoding.h"

#include <algorithm>

#include "model/array_text.h"
#include "warehouse/encoding/array.h"
#include "warehouse/encoding/array_json.h"
#include "warehouse/encoding/bytes.h"
#include "warehouse/encoding/datetime.h"
#include "warehouse/encoding/number.h"
#include "warehouse/encoding/numeric.h"

namespace walferry {
namespace {

std::size_t scalar_bytes_max(Encoding kind, std::size_t text_bytes) {
    switch (kind) {
        case Encoding::Text:
            return text_bytes;
        case Encoding::Bool:
            return 1;
        case Encoding::Int2:
            return 2;
        case Encoding::Int4:
        case Encoding::Oid:
        case Encoding::Float4:
        case Encoding::Date:
            return 4;
        case Encoding::Int8:
        case Encoding::Float8:
        case Encoding::Money:
        case Encoding::Time:
        case Encoding::Timestamp:
            return 8;
        case Encoding::TimeTz:
            return 12;
        case Encoding::Interval:
        case Encoding::Uuid:
            return 16;
        case Encoding::Numeric:
            return 12 + text_bytes / 2;  // a header, and on both sides a digit begun
        case Encoding::Bytea:
            return text_bytes / 2;
        case Encoding::Jsonb:
            return text_bytes + 1;
        case Encoding::ArrayJson:
        case Encoding::ArrayJsonb:
            return array_json_bytes_max(text_bytes) + 1;
        case Encoding::Array:
            return 0;
    }
    return 0;
}

}  // namespace

std::size_t encoded_bytes_max(const ColumnEncoding& encoding, std::size_t text_bytes) {
    if (encoding.kind != Encoding::Array) return scalar_bytes_max(encoding.kind, text_bytes);
    // Each element takes at least two bytes of text, with its delimiter; its own text is counted once, over
    // all.
    const std::size_t elements = text_bytes / 2 + 1;
    const std::size_t header = 12 + 8 * array_dimensions_max;
    return header + elements * (4 + scalar_bytes_max(encoding.element, 0)) + text_bytes;
}

char* encode_text(const ColumnEncoding& encoding, std::string_view text, char* to) {
    switch (encoding.kind) {
        case Encoding::Text:
            return std::copy(text.begin(), text.end(), to);
        case Encoding::Bool:
            return encode_bool(text, to);
        case Encoding::Int2:
            return encode_integer<std::int16_t>(text, to);
        case Encoding::Int4:
            return encode_integer<std::int32_t>(text, to);
        case Encoding::Int8:
            return encode_integer<std::int64_t>(text, to);
        case Encoding::Oid:
            return encode_integer<std::uint32_t>(text, to);
        case Encoding::Float4:
            return encode_float4(text, to);
        case Encoding::Float8:
            return encode_float8(text, to);
        case Encoding::Numeric:
            return encode_numeric(text, to);
        case Encoding::Money:
            return encode_money(text, to);
        case Encoding::Bytea:
            return encode_bytea(text, to);
        case Encoding::Date:
            return encode_date(text, to);
        case Encoding::Time:
            return encode_time(text, to);
        case Encoding::TimeTz:
            return encode_time_tz(text, to);
        case Encoding::Timestamp:
            return encode_timestamp(text, to);
        case Encoding::Interval:
            return encode_interval(text, to);
        case Encoding::Uuid:
            return encode_uuid(text, to);
        case Encoding::Jsonb:
            return encode_jsonb(text, to);
        case Encoding::Array:
            return encode_array(encoding, text, to);
        case Encoding::ArrayJson:
            return encode_array_json(encoding.element_oid, text, to);
        case Encoding::ArrayJsonb:
            *to++ = 1;
            return encode_array_json(encoding.element_oid, text, to);
    }
    return nullptr;
}

}  // namespace walferry
