#include "warehouse/encoding/number.h"

#include <bit>
#include <charconv>

namespace walferry {
namespace {

template <class Float, class Bits>
char* store_float(Float value, char* to) {
    store_big_endian(to, std::bit_cast<Bits>(value));
    return to + sizeof(Bits);
}

template <class Float, class Bits>
char* encode_float(std::string_view text, char* to) {
    if (text.empty()) return nullptr;
    const char first = text.front() == '-' && text.size() > 1 ? text[1] : text.front();
    // std::from_chars alone would take other spellings of infinity and NaN, too.
    if (first >= '0' && first <= '9') {
        Float value;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size()) return nullptr;
        return store_float<Float, Bits>(value, to);
    }
    if (text == "NaN") return store_float<Float, Bits>(std::numeric_limits<Float>::quiet_NaN(), to);
    if (text == "Infinity") return store_float<Float, Bits>(std::numeric_limits<Float>::infinity(), to);
    if (text == "-Infinity") return store_float<Float, Bits>(-std::numeric_limits<Float>::infinity(), to);
    return nullptr;
}

}  // namespace

char* encode_float4(std::string_view text, char* to) {
    return encode_float<float, std::uint32_t>(text, to);
}

char* encode_float8(std::string_view text, char* to) {
    return encode_float<double, std::uint64_t>(text, to);
}

char* encode_money(std::string_view text, char* to) {
    const bool negative = !text.empty() && text.front() == '-';
    if (negative) text.remove_prefix(1);
    if (!text.empty() && text.front() == '$') text.remove_prefix(1);
    // The longest is 92,233,720,368,547,758.08; three groups of commas at fixed places, or none at all.
    if (text.size() < 4 || text.size() > 25 || text[text.size() - 3] != '.') return nullptr;
    char digits[25];
    std::size_t count = 0;
    const std::size_t point = text.size() - 3;
    const bool grouped = text.find(',') != std::string_view::npos;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i == point) continue;
        const bool comma_place = grouped && i < point && (point - i) % 4 == 0;
        if (comma_place != (text[i] == ',') || (comma_place && i == 0)) return nullptr;
        if (!comma_place) digits[count++] = text[i];
    }
    std::uint64_t magnitude;
    if (count > 19 || !read_digits(digits, count, magnitude)) return nullptr;
    if (magnitude > std::uint64_t{std::numeric_limits<std::int64_t>::max()} + (negative ? 1 : 0))
        return nullptr;
    store_big_endian(to, static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude));
    return to + 8;
}

}  // namespace walferry
