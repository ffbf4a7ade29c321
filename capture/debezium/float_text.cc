#include "capture/debezium/float_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace walferry::debezium {

namespace {

/// PostgreSQL writes an exponent below -4, and from `exponent_min` on (src/common/d2s.c, f2s.c).
template <class T>
void append_float(std::string& to, T value, int exponent_min) {
    if (std::isnan(value)) {
        to += "NaN";
        return;
    }
    if (std::isinf(value)) {
        to += value < 0 ? "-Infinity" : "Infinity";
        return;
    }
    std::array<char, 40> buffer;
    const char* end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
    const std::string_view scientific(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
    const std::size_t e = scientific.find('e');
    const int exponent = std::atoi(std::string(scientific.substr(e + 1)).c_str());
    if (exponent < -4 || exponent >= exponent_min) {
        to += scientific;
        return;
    }
    std::string digits;
    for (const char letter : scientific.substr(0, e)) {
        if (letter == '-') to += '-';
        if (letter >= '0' && letter <= '9') digits += letter;
    }
    if (exponent < 0) {
        to += "0.";
        to.append(static_cast<std::size_t>(-exponent - 1), '0');
        to += digits;
        return;
    }
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() < whole) digits.append(whole - digits.size(), '0');
    to += digits.substr(0, whole);
    if (digits.size() == whole) return;
    to += '.';
    to += digits.substr(whole);
}

template <class T>
bool parse_float(std::string_view text, T& to) {
    if (text == "NaN") {
        to = std::numeric_limits<T>::quiet_NaN();
        return true;
    }
    if (text == "Infinity" || text == "-Infinity") {
        to = text.front() == '-' ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
        return true;
    }
    // from_chars would take "inf" too.
    if (text.empty() || (text.back() > '9' && text.back() != '.')) return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
    return error == std::errc() && end == text.data() + text.size() && std::isfinite(to);
}

}  // namespace

void append_float8(std::string& to, double value) {
    append_float(to, value, 15);
}

void append_float4(std::string& to, float value) {
    append_float(to, value, 6);
}

bool parse_float8(std::string_view text, double& to) {
    return parse_float(text, to);
}

bool parse_float4(std::string_view text, float& to) {
    return parse_float(text, to);
}

}  // namespace walferry::debezium
