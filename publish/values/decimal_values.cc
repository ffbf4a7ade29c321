#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "model/byte_order.h"
#include "publish/values/decimal_bytes.h"
#include "publish/values/value_writer.h"

namespace walferry::publish {

namespace {

struct Decimal {
    bool negative = false;
    std::string_view whole;     ///< digits, one at least
    std::string_view fraction;  ///< digits, maybe none
};

bool all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char letter) { return letter >= '0' && letter <= '9'; });
}

/// What numeric_out writes of a finite number.
std::optional<Decimal> read_decimal(std::string_view text) {
    Decimal decimal;
    if (text.starts_with('-')) {
        decimal.negative = true;
        text.remove_prefix(1);
    }
    const std::size_t point = text.find('.');
    decimal.whole = text.substr(0, point);
    if (point != std::string_view::npos) decimal.fraction = text.substr(point + 1);
    if (decimal.whole.empty() || !all_digits(decimal.whole) || !all_digits(decimal.fraction)) return {};
    return decimal;
}

bool is_special(std::string_view text) {
    return text == "NaN" || text == "Infinity" || text == "-Infinity";
}

void write_unscaled(const Decimal& decimal, ValueSink& sink) {
    sink.bytes(DecimalBytes(decimal.negative, decimal.whole, decimal.fraction).view());
}

/// The text of money under lc_monetary=C, e.g. -$1,234.56, as a number's.
bool read_money(std::string_view text, std::string& number) {
    for (const char letter : text) {
        if (letter != '$' && letter != ',') number += letter;
    }
    return read_decimal(number).has_value();
}

void append_group(std::string& to, unsigned digits, int count) {
    for (unsigned unit = count == 4 ? 1000 : 1; count-- > 0; unit /= 10)
        to += static_cast<char>('0' + digits / unit % 10);
}

/// numeric_send: int16 ndigits, weight, sign, dscale, then digits of base 10000.
bool read_binary_numeric(std::string_view bytes, std::string& text) {
    if (bytes.size() < 8) return false;
    const auto count = load_big_endian<std::int16_t>(bytes.data());
    const auto weight = load_big_endian<std::int16_t>(bytes.data() + 2);
    const auto sign = load_big_endian<std::uint16_t>(bytes.data() + 4);
    const auto scale = load_big_endian<std::uint16_t>(bytes.data() + 6);
    if (count < 0 || bytes.size() != 8 + 2 * static_cast<std::size_t>(count)) return false;
    if (sign == 0xC000) text = "NaN";
    if (sign == 0xD000) text = "Infinity";
    if (sign == 0xF000) text = "-Infinity";
    if (!text.empty()) return true;
    if (sign == 0x4000) text += '-';
    const auto digit = [&](int place) -> unsigned {  // that of 10000^-place
        const int at = place + weight;
        if (at < 0 || at >= count) return 0;
        return load_big_endian<std::uint16_t>(bytes.data() + 8 + 2 * static_cast<std::size_t>(at));
    };
    for (int power = std::max<int>(weight, 0); power >= 0; --power) append_group(text, digit(-power), 4);
    if (scale == 0) return true;
    text += '.';
    const std::size_t end = text.size() + scale;
    for (int place = 1; text.size() < end; ++place) append_group(text, digit(place), 4);
    text.resize(end);
    return true;
}

}  // namespace

Carried write_decimal(const ValueFormat& format, std::string_view text, ValueSink& sink) {
    if (is_special(text)) return Carried::Not;
    auto decimal = read_decimal(text);
    if (!decimal) return Carried::Invalid;
    if (format.scale < 0) {
        const auto zeros = static_cast<std::size_t>(-format.scale);
        const std::size_t digits = decimal->whole.size();
        const std::string_view cut = decimal->whole.substr(digits - std::min(zeros, digits));
        if (cut.find_first_not_of('0') != std::string_view::npos) return Carried::OutOfRange;
        decimal->whole.remove_suffix(cut.size());
    }
    const auto wanted = static_cast<std::size_t>(std::max(format.scale, 0));
    if (decimal->fraction.size() == wanted) {
        write_unscaled(*decimal, sink);
        return Carried::Whole;
    }
    // Not as the column has it: a default's expression, or a value from before the column's type changed.
    std::string fraction(decimal->fraction);
    while (fraction.size() > wanted && fraction.back() == '0') fraction.pop_back();
    if (fraction.size() > wanted) return Carried::OutOfRange;
    fraction.resize(wanted, '0');
    decimal->fraction = fraction;
    write_unscaled(*decimal, sink);
    return Carried::Whole;
}

Carried write_variable_decimal(const ValueFormat&, std::string_view text, ValueSink& sink) {
    if (is_special(text)) return Carried::Not;
    auto decimal = read_decimal(text);
    if (!decimal) return Carried::Invalid;
    while (decimal->fraction.ends_with('0')) decimal->fraction.remove_suffix(1);
    sink.begin_struct();
    sink.field("scale");
    sink.integer(static_cast<std::int64_t>(decimal->fraction.size()));
    sink.field("value");
    write_unscaled(*decimal, sink);
    sink.end_struct();
    return Carried::Whole;
}

Carried write_decimal_as_double(const ValueFormat&, std::string_view text, ValueSink& sink) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size()) return Carried::Invalid;
    if (error == std::errc::result_out_of_range) {  // as BigDecimal.doubleValue does
        const bool tiny = text.find_first_of("123456789") > text.find('.');
        value = tiny ? 0 : std::numeric_limits<double>::infinity();
        if (text.starts_with('-')) value = -value;
    } else if (error != std::errc{}) {
        return Carried::Invalid;
    }
    sink.real64(value);
    return Carried::Whole;
}

Carried write_money(const ValueFormat& format, std::string_view text, ValueSink& sink) {
    std::string number;
    return read_money(text, number) ? write_decimal(format, number, sink) : Carried::Invalid;
}

Carried write_money_as_double(const ValueFormat& format, std::string_view text, ValueSink& sink) {
    std::string number;
    return read_money(text, number) ? write_decimal_as_double(format, number, sink) : Carried::Invalid;
}

Carried write_money_as_text(const ValueFormat&, std::string_view text, ValueSink& sink) {
    std::string number;
    if (!read_money(text, number)) return Carried::Invalid;
    sink.text(number);
    return Carried::Whole;
}

Carried write_binary_numeric(const ValueFormat& format, std::string_view bytes, ValueSink& sink) {
    std::string& text = sink.scratch();
    return read_binary_numeric(bytes, text) ? write_decimal(format, text, sink) : Carried::Invalid;
}

Carried write_binary_variable_numeric(const ValueFormat& format, std::string_view bytes, ValueSink& sink) {
    std::string& text = sink.scratch();
    return read_binary_numeric(bytes, text) ? write_variable_decimal(format, text, sink) : Carried::Invalid;
}

}  // namespace walferry::publish
