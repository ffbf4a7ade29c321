#include "warehouse/duckdb/value_text.h"

#include <fmt/format.h>

#include <cstdint>
#include <ctime>

#include "model/byte_order.h"
#include "warehouse/duckdb/decimal.h"
#include "warehouse/duckdb/utf8.h"
#include "warehouse/encoding/datetime.h"

namespace walferry {
namespace {

constexpr std::size_t shown_bytes_max = 64;

std::string cut(std::string text) {
    if (text.size() <= shown_bytes_max) return text;
    std::size_t end = shown_bytes_max;
    while ((text[end] & 0xC0) == 0x80) --end;
    return text.substr(0, end) + "…";
}

std::string hex(std::string_view bytes) {
    std::string text = "\\x";
    for (const char byte : bytes.substr(0, shown_bytes_max)) {
        fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned char>(byte));
    }
    return text;
}

template <class T>
std::string integer(std::string_view bytes) {
    return bytes.size() == sizeof(T) ? fmt::format("{}", load_big_endian<T>(bytes.data())) : hex(bytes);
}

std::string timestamp(std::string_view bytes) {
    if (bytes.size() != 8) return hex(bytes);
    constexpr std::int64_t seconds_1970_to_2000 = 946'684'800;
    const auto micros = load_big_endian<std::int64_t>(bytes.data());
    const std::time_t seconds = micros / micros_per_second + seconds_1970_to_2000;
    std::tm broken{};
    if (gmtime_r(&seconds, &broken) == nullptr) return hex(bytes);
    return fmt::format("{}-{:02}-{:02} {:02}:{:02}:{:02}", broken.tm_year + 1900, broken.tm_mon + 1,
                       broken.tm_mday, broken.tm_hour, broken.tm_min, broken.tm_sec);
}

}  // namespace

std::string value_text(Encoding kind, std::string_view bytes) {
    switch (kind) {
        case Encoding::Text:
        case Encoding::Jsonb:
        case Encoding::ArrayJson:
            return is_valid_utf8(bytes) ? cut(std::string(bytes)) : hex(bytes);
        case Encoding::Int2:
            return integer<std::int16_t>(bytes);
        case Encoding::Int4:
            return integer<std::int32_t>(bytes);
        case Encoding::Int8:
            return integer<std::int64_t>(bytes);
        case Encoding::Oid:
            return integer<std::uint32_t>(bytes);
        case Encoding::Numeric:
            return cut(numeric_text(bytes));
        case Encoding::Money:
            return integer<std::int64_t>(bytes) + " hundredths";
        case Encoding::Timestamp:
            return timestamp(bytes);
        case Encoding::Array:
            return "an array";
        default:
            return hex(bytes);
    }
}

}  // namespace walferry
