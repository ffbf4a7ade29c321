#include "publish/json_sink.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "model/base64.h"

namespace walferry::publish {

namespace {

/// 1 for each byte that JSON wants escaped.
constexpr std::array<bool, 256> escaped_bytes() {
    std::array<bool, 256> table{};
    for (std::size_t i = 0; i < 0x20; ++i) table[i] = true;
    table['"'] = true;
    table['\\'] = true;
    return table;
}

constexpr std::array<bool, 256> must_escape = escaped_bytes();

/// Whether one of 8 bytes must be escaped (bit tricks on the word's bytes; a byte above 0x7F never does, and
/// a false alarm only costs time).
bool may_need_escape(const char* at) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t high = 0x8080808080808080;
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    const std::uint64_t quote = word ^ (ones * '"');
    const std::uint64_t backslash = word ^ (ones * '\\');
    const std::uint64_t below = (word - ones * 0x20) & ~word;
    return ((below | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & high) != 0;
}

void append_escape(std::string& to, unsigned char byte) {
    constexpr std::string_view hex = "0123456789abcdef";
    to += '\\';
    switch (byte) {
        case '"':
        case '\\':
            to += static_cast<char>(byte);
            return;
        case '\b':
            to += 'b';
            return;
        case '\t':
            to += 't';
            return;
        case '\n':
            to += 'n';
            return;
        case '\f':
            to += 'f';
            return;
        case '\r':
            to += 'r';
            return;
        default:
            to += "u00";
            to += hex[byte >> 4];
            to += hex[byte & 15];
    }
}

template <class T>
void append_real(std::string& to, T value) {
    if (std::isnan(value)) {
        to += "\"NaN\"";
    } else if (std::isinf(value)) {
        to += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    } else {
        std::array<char, 32> digits;
        const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
        to += text;
        if (text.find_first_of(".e") == std::string_view::npos) to += ".0";
    }
}

}  // namespace

void append_escaped(std::string& to, std::string_view text) {
    to += '"';
    const char* plain = text.data();
    const char* at = plain;
    const char* const end = at + text.size();
    while (at != end) {
        if (end - at >= 8 && !may_need_escape(at)) {
            at += 8;
            continue;
        }
        const auto byte = static_cast<unsigned char>(*at);
        if (!must_escape[byte]) {
            ++at;
            continue;
        }
        to.append(plain, at);
        append_escape(to, byte);
        plain = ++at;
    }
    to.append(plain, end);
    to += '"';
}

void append_number(std::string& to, std::int64_t value) {
    std::array<char, 20> digits;
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    to.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void JsonSink::real32(float value) {
    append_real(to_, value);
}

void JsonSink::real64(double value) {
    append_real(to_, value);
}

void JsonSink::bytes(std::string_view bytes) {
    to_ += '"';
    append_base64(to_, bytes);
    to_ += '"';
}

void JsonSink::entry(std::string_view key) {
    separate('{');
    append_escaped(to_, key);
    to_ += ':';
}

}  // namespace walferry::publish
