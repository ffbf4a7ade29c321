#include "warehouse/duckdb/decimal.h"

#include <fmt/format.h>

#include <array>

#include "model/byte_order.h"
#include "warehouse/encoding/numeric.h"

namespace walferry {
namespace {

constexpr int decimal_digits_max = 38;

constexpr std::array<Int128, decimal_digits_max + 1> powers = [] {
    std::array<Int128, decimal_digits_max + 1> table{};
    table[0] = 1;
    for (std::size_t i = 1; i < table.size(); ++i) table[i] = table[i - 1] * 10;
    return table;
}();

int digit_at(const char* digits, int i) {
    return load_big_endian<std::int16_t>(digits + 2 * i);
}

int decimal_length(int digit) {
    return digit >= 1000 ? 4 : digit >= 100 ? 3 : digit >= 10 ? 2 : 1;
}

template <class Int>
Int power(int exponent) {
    return static_cast<Int>(powers[static_cast<std::size_t>(exponent)]);
}

template <class Int>
const char* read(std::string_view numeric, int width, int scale, Int& value) {
    if (numeric.size() < 8) return "malformed";
    const char* digits = numeric.data() + 8;
    int count = load_big_endian<std::int16_t>(numeric.data());
    const int weight = load_big_endian<std::int16_t>(numeric.data() + 2);
    const auto sign = load_big_endian<std::uint16_t>(numeric.data() + 4);
    if (count < 0 || numeric.size() != 8 + 2 * static_cast<std::size_t>(count)) return "malformed";
    if (sign != numeric_sign::positive && sign != numeric_sign::negative) return "it is no finite number";
    while (count > 0 && digit_at(digits, count - 1) == 0) --count;
    value = 0;
    if (count == 0) return nullptr;

    if (weight >= 0 && 4 * weight + decimal_length(digit_at(digits, 0)) > width - scale) {
        return "too many digits before the point";
    }
    // The last base-10000 digit counts 10^exponent units of the scale. Below 10^-3 it can't vanish in a
    // division, for it is not zero. Once both checks have passed every sum below stays under 10^width.
    const int exponent = 4 * (weight - count + 1) + scale;
    if (exponent < -3) return "too many digits after the point";
    Int sum = 0;
    for (int i = 0; i < count - 1; ++i) sum = sum * 10000 + digit_at(digits, i);
    const int last = digit_at(digits, count - 1);
    if (exponent >= 0) {
        sum = (sum * 10000 + last) * power<Int>(exponent);
    } else {
        const int divisor = power<int>(-exponent);
        if (last % divisor != 0) return "too many digits after the point";
        sum = sum * (10000 / divisor) + last / divisor;
    }
    value = sign == numeric_sign::negative ? -sum : sum;
    return nullptr;
}

}  // namespace

const char* read_decimal(std::string_view numeric, int width, int scale, std::int64_t& value) {
    return read(numeric, width, scale, value);
}

const char* read_decimal(std::string_view numeric, int width, int scale, Int128& value) {
    return read(numeric, width, scale, value);
}

Int128 power_of_ten(int exponent) {
    return power<Int128>(exponent);
}

std::string numeric_text(std::string_view numeric) {
    if (numeric.size() < 8) return "(malformed)";
    const int count = load_big_endian<std::int16_t>(numeric.data());
    const int weight = load_big_endian<std::int16_t>(numeric.data() + 2);
    const auto sign = load_big_endian<std::uint16_t>(numeric.data() + 4);
    const auto scale = static_cast<std::size_t>(load_big_endian<std::uint16_t>(numeric.data() + 6));
    if (count < 0 || numeric.size() != 8 + 2 * static_cast<std::size_t>(count)) return "(malformed)";
    if (sign == numeric_sign::nan) return "NaN";
    if (sign == numeric_sign::infinity) return "Infinity";
    if (sign == numeric_sign::negative_infinity) return "-Infinity";
    const auto digit = [&](int i) { return i < 0 || i >= count ? 0 : digit_at(numeric.data() + 8, i); };
    std::string text = sign == numeric_sign::negative ? "-" : "";
    text += weight < 0 ? "0" : fmt::format("{}", digit(0));
    for (int i = 1; i <= weight; ++i) fmt::format_to(std::back_inserter(text), "{:04}", digit(i));
    if (scale == 0) return text;
    std::string fraction;
    for (int i = weight + 1; fraction.size() < scale; ++i) {
        // With a negative weight the first digits after the point are zeros that were not sent: -1 is the
        // first.
        fmt::format_to(std::back_inserter(fraction), "{:04}", digit(i));
    }
    return text + "." + fraction.substr(0, scale);
}

}  // namespace walferry
