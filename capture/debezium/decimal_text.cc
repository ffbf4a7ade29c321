#include "capture/debezium/decimal_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "capture/debezium/built_in_types.h"

namespace walferry::debezium {

namespace {

// What a numeric can have before and behind its point (numeric.h and the manual's page on numeric types).
constexpr std::int64_t digits_before_max = 131'072;
constexpr std::int64_t scale_max = 16'383;
constexpr std::size_t bytes_max = (digits_before_max + scale_max) * 10 / 24 + 1;

void append_chunk(std::string& to, std::uint64_t number, std::size_t width) {
    std::array<char, 24> digits;
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    const auto length = static_cast<std::size_t>(end - digits.data());
    if (length < width) to.append(width - length, '0');
    to.append(digits.data(), length);
}

/// Divides by ten to the eighteenth until nothing is left. `words`: the most significant one first.
void append_magnitude(std::string& to, std::vector<std::uint64_t>& words) {
    constexpr std::uint64_t chunk = 1'000'000'000'000'000'000;
    constexpr std::size_t chunk_digits = 18;
    std::vector<std::uint64_t> chunks;
    std::size_t first = 0;
    while (true) {
        while (first < words.size() && words[first] == 0) ++first;
        if (first == words.size()) break;
        std::uint64_t rest = 0;
        for (std::size_t i = first; i < words.size(); ++i) {
            __extension__ const unsigned __int128 part =
                (static_cast<unsigned __int128>(rest) << 64) | words[i];
            words[i] = static_cast<std::uint64_t>(part / chunk);
            rest = static_cast<std::uint64_t>(part % chunk);
        }
        chunks.push_back(rest);
    }
    if (chunks.empty()) chunks.push_back(0);
    append_chunk(to, chunks.back(), 1);
    for (std::size_t i = chunks.size() - 1; i-- > 0;) append_chunk(to, chunks[i], chunk_digits);
}

std::string_view without_leading_zeros(std::string_view digits) {
    const std::size_t first = std::min(digits.find_first_not_of('0'), digits.size());
    return digits.substr(first);
}

/// Digits with this many of them behind the point, at least one before it.
void append_with_point(std::string& to, std::string_view digits, std::size_t scale) {
    if (digits.size() > scale) {
        to += digits.substr(0, digits.size() - scale);
    } else {
        to += '0';
    }
    if (scale == 0) return;
    to += '.';
    if (digits.size() < scale) to.append(scale - digits.size(), '0');
    to += digits.substr(digits.size() - std::min(digits.size(), scale));
}

}  // namespace

bool append_integer(std::string& to, std::string_view bytes) {
    if (bytes.empty() || bytes.size() > bytes_max) return false;
    const bool negative = static_cast<signed char>(bytes.front()) < 0;
    if (negative) to += '-';
    if (bytes.size() <= 8) {
        std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
        for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
        append_chunk(to, negative ? ~value + 1 : value, 1);
        return true;
    }
    std::vector<std::uint64_t> words((bytes.size() + 7) / 8, negative ? ~std::uint64_t{0} : 0);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::size_t from_end = bytes.size() - 1 - i;
        std::uint64_t& word = words[words.size() - 1 - from_end / 8];
        const unsigned shift = static_cast<unsigned>(from_end % 8) * 8;
        word = (word & ~(std::uint64_t{0xff} << shift)) | std::uint64_t{static_cast<unsigned char>(bytes[i])}
                                                              << shift;
    }
    if (negative) {
        bool carry = true;
        for (std::size_t i = words.size(); i-- > 0;) {
            words[i] = ~words[i] + (carry ? 1 : 0);
            carry = carry && words[i] == 0;
        }
    }
    append_magnitude(to, words);
    return true;
}

bool parse_decimal(std::string_view text, std::string& digits, Decimal& to) {
    to = {};
    digits.clear();
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        to.negative = text.front() == '-';
        text.remove_prefix(1);
    }
    std::size_t at = 0;
    bool point = false;
    for (; at < text.size() && ((text[at] >= '0' && text[at] <= '9') || (text[at] == '.' && !point)); ++at) {
        if (text[at] == '.') {
            point = true;
        } else {
            digits += text[at];
            to.scale += point ? 1 : 0;
        }
    }
    if (digits.empty()) return false;
    to.digits = digits;
    if (at == text.size()) return true;
    if (text[at] != 'e' && text[at] != 'E') return false;
    if (++at < text.size() && text[at] == '+') ++at;
    std::int32_t exponent = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), exponent);
    to.scale -= exponent;
    return error == std::errc() && end == text.data() + text.size();
}

Decimal with_scale(std::string_view integer, std::int64_t scale) {
    const bool negative = integer.starts_with('-');
    return {negative, integer.substr(negative ? 1 : 0), scale};
}

bool append_decimal(std::string& to, Decimal decimal, std::int32_t modifier) {
    std::string_view digits = without_leading_zeros(decimal.digits);
    std::int64_t scale = decimal.scale;
    if (digits.empty()) scale = std::clamp<std::int64_t>(scale, 0, scale_max);  // 0E+10
    const std::int64_t wanted =
        modifier < 0 ? std::max<std::int64_t>(scale, 0) : std::max(numeric_scale(modifier), 0);
    while (scale > wanted && !digits.empty() && digits.back() == '0') {
        digits.remove_suffix(1);
        --scale;
    }
    if (digits.empty()) scale = std::min(scale, wanted);
    const auto length = static_cast<std::int64_t>(digits.size());
    if (scale > wanted || wanted > scale_max || length - scale > digits_before_max) return false;
    if (modifier >= 0) {
        if (length - scale > numeric_precision(modifier) - numeric_scale(modifier) && length > 0)
            return false;
        // A scale below 0: as many digits before the point must be 0.
        const std::int64_t zeros = -static_cast<std::int64_t>(numeric_scale(modifier)) + scale;
        if (zeros > 0 && length > 0 &&
            (length < zeros ||
             digits.substr(digits.size() - static_cast<std::size_t>(zeros)).find_first_not_of('0') !=
                 std::string_view::npos))
            return false;
    }
    if (decimal.negative && length > 0) to += '-';
    std::string padded;
    if (scale < wanted) {
        padded = digits;
        if (length > 0) padded.append(static_cast<std::size_t>(wanted - scale), '0');
        digits = padded;
    }
    append_with_point(to, digits, static_cast<std::size_t>(wanted));
    return true;
}

bool append_money(std::string& to, Decimal decimal) {
    std::string cents;
    if (!append_decimal(cents, decimal, numeric_modifier(19, 2))) return false;
    std::erase(cents, '.');
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(cents.data(), cents.data() + cents.size(), value);
    if (error != std::errc() || end != cents.data() + cents.size()) return false;
    if (value < 0) to += '-';
    to += '$';
    const std::string_view digits = std::string_view(cents).substr(value < 0 ? 1 : 0);
    const std::string_view whole = digits.substr(0, digits.size() - 2);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        if (i > 0 && (whole.size() - i) % 3 == 0) to += ',';
        to += whole[i];
    }
    to += '.';
    to += digits.substr(digits.size() - 2);
    return true;
}

}  // namespace walferry::debezium
