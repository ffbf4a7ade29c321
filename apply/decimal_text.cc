#include "apply/decimal_text.h"

#include <algorithm>
#include <cctype>

namespace walferry {

namespace {

bool same_word(std::string_view text, std::string_view lower) {
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char left, char right) {
        return std::tolower(static_cast<unsigned char>(left)) == right;
    });
}

bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

/// Reads [+-]digits, what stands after an e; false when it is something else.
bool read_exponent(std::string_view digits, std::int64_t& exponent) {
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    constexpr std::size_t digits_max = 9;
    if (digits.empty() || digits.size() > digits_max) return false;
    for (const char digit : digits) {
        if (!is_digit(digit)) return false;
        exponent = exponent * 10 + (digit - '0');
    }
    if (negative) exponent = -exponent;
    return true;
}

std::partial_ordering compare_digits(std::string_view left, std::string_view right) {
    std::size_t l = 0, r = 0;
    for (;;) {
        if (l < left.size() && left[l] == '.') ++l;
        if (r < right.size() && right[r] == '.') ++r;
        if (l == left.size() || r == right.size()) {
            // Neither ends with zeros, so the longer one is the larger.
            if (l == left.size() && r == right.size()) return std::partial_ordering::equivalent;
            return l == left.size() ? std::partial_ordering::less : std::partial_ordering::greater;
        }
        if (left[l] != right[r]) return left[l] <=> right[r];
        ++l;
        ++r;
    }
}

}  // namespace

std::optional<DecimalText> DecimalText::parse(std::string_view text) {
    DecimalText number;
    const bool is_word = !text.empty() && !is_digit(text.back()) && text.back() != '.';
    if (is_word && same_word(text, "nan")) {
        number.nan_ = true;
        return number;
    }
    number.sign_ = text.starts_with('-') ? -1 : 1;
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (is_word && same_word(text, "infinity")) {
        number.infinite_ = true;
        return number;
    }
    constexpr std::size_t none = std::string_view::npos;
    std::size_t point = none, first = none, last = 0, end = 0, digits = 0;
    for (; end < text.size(); ++end) {
        const char letter = text[end];
        if (letter == '.' && point == none) {
            point = end;
            continue;
        }
        if ((letter == 'e' || letter == 'E') && read_exponent(text.substr(end + 1), number.exponent_)) break;
        if (!is_digit(letter)) return std::nullopt;
        ++digits;
        if (letter == '0') continue;
        first = std::min(first, end);
        last = end;
    }
    if (point == none) point = end;
    if (digits == 0) return std::nullopt;
    if (first == none) {
        number.sign_ = 0;
        return number;
    }
    const auto places = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
    number.exponent_ += places > 0 ? places : places + 1;
    number.digits_ = text.substr(first, last + 1 - first);
    return number;
}

std::partial_ordering operator<=>(const DecimalText& left, const DecimalText& right) {
    if (left.nan_ || right.nan_) return std::partial_ordering::unordered;
    if (left.sign_ != right.sign_) return left.sign_ <=> right.sign_;
    if (left.sign_ == 0) return std::partial_ordering::equivalent;
    const DecimalText& nearer = left.sign_ > 0 ? left : right;  // of two negative ones the order turns
    const DecimalText& farther = left.sign_ > 0 ? right : left;
    if (left.infinite_ || right.infinite_) return nearer.infinite_ <=> farther.infinite_;
    if (left.exponent_ != right.exponent_) return nearer.exponent_ <=> farther.exponent_;
    return compare_digits(nearer.digits_, farther.digits_);
}

}  // namespace walferry
