#include "config/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace walferry {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t size = 1;
};

constexpr std::array byte_units = {
    Unit{"tib", 1ll << 40}, Unit{"gib", 1ll << 30},    Unit{"mib", 1ll << 20},
    Unit{"kib", 1ll << 10}, Unit{"tb", 1000000000000}, Unit{"gb", 1000000000},
    Unit{"mb", 1000000},    Unit{"kb", 1000},          Unit{"b", 1},
};
constexpr std::array byte_units_shown = {
    Unit{"TiB", 1ll << 40}, Unit{"GiB", 1ll << 30}, Unit{"MiB", 1ll << 20},
    Unit{"KiB", 1ll << 10}, Unit{"B", 1},
};
constexpr std::array duration_units = {
    Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1000}, Unit{"ms", 1},
};

bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

/// Splits off the digits in front; empty when there are none.
std::string_view take_digits(std::string_view& text) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(digits.size());
    return digits;
}

template <std::size_t count>
std::optional<std::int64_t> unit_size(const std::array<Unit, count>& units, std::string_view name) {
    for (const Unit& unit : units) {
        if (unit.name == name) return unit.size;
    }
    return std::nullopt;
}

std::optional<std::int64_t> multiplied(std::string_view digits, std::int64_t size) {
    const std::optional<std::int64_t> number = parse_integer(digits);
    std::int64_t product = 0;
    if (!number || __builtin_mul_overflow(*number, size, &product)) return std::nullopt;
    return product;
}

template <std::size_t count>
std::string in_largest_unit(const std::array<Unit, count>& units, std::int64_t amount) {
    for (const Unit& unit : units) {
        if (amount != 0 && amount % unit.size == 0) return fmt::format("{}{}", amount / unit.size, unit.name);
    }
    return fmt::format("0{}", units.back().name);
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stopped != end) return std::nullopt;
    return number;
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
    const std::string_view whole = take_digits(text);
    if (whole.empty()) return std::nullopt;
    std::string_view fraction;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        fraction = take_digits(text);
        if (fraction.empty()) return std::nullopt;
    }
    while (text.starts_with(' ')) text.remove_prefix(1);
    std::string unit(text);
    std::transform(unit.begin(), unit.end(), unit.begin(), [](char byte) {
        return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
    });
    const std::optional<std::int64_t> size = unit_size(byte_units, unit);
    if (!size) return std::nullopt;
    const std::optional<std::int64_t> bytes = multiplied(whole, *size);
    if (!bytes) return std::nullopt;
    double part = 0;
    for (; !fraction.empty(); fraction.remove_suffix(1)) part = (part + (fraction.back() - '0')) / 10;
    const auto part_bytes = static_cast<std::int64_t>(part * static_cast<double>(*size));
    std::int64_t total = 0;
    if (__builtin_add_overflow(*bytes, part_bytes, &total)) return std::nullopt;
    return total;
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
    if (text == "0") return 0;
    const std::string_view digits = take_digits(text);
    if (digits.empty()) return std::nullopt;
    const std::optional<std::int64_t> size = unit_size(duration_units, text);
    if (!size) return std::nullopt;
    return multiplied(digits, *size);
}

std::optional<std::int64_t> parse_fraction(std::string_view text) {
    constexpr std::int64_t one = 1'000'000;
    std::int64_t millionths = 0;
    if (const std::string_view whole = take_digits(text); !whole.empty()) {
        const std::optional<std::int64_t> product = multiplied(whole, one);
        if (!product) return std::nullopt;
        millionths = *product;
        if (text.empty()) return millionths;
    }
    if (!text.starts_with('.')) return std::nullopt;
    text.remove_prefix(1);
    const std::string_view digits = take_digits(text);
    if (digits.empty() || digits.size() > 6 || !text.empty()) return std::nullopt;
    std::int64_t part = one;
    for (const char digit : digits) millionths += (digit - '0') * (part /= 10);
    return millionths;
}

std::string fraction_text(std::int64_t millionths) {
    return fmt::format("{}", static_cast<double>(millionths) / 1e6);
}

std::string bytes_text(std::int64_t bytes) {
    return in_largest_unit(byte_units_shown, bytes);
}

std::string duration_text(std::int64_t milliseconds) {
    return in_largest_unit(duration_units, milliseconds);
}

}  // namespace walferry
