#pragma once

#include <string>
#include <string_view>

namespace walferry {

/// Writes `text` as a JSON string, quotes included; at most 6 bytes for each of its own, and 2. Bytes that
/// are no UTF-8 stay as they are.
template <class Out>
Out write_json_string(std::string_view text, Out to) {
    constexpr std::string_view hex = "0123456789abcdef";
    constexpr std::string_view escaped = "\b\t\n\f\r";
    constexpr std::string_view escapes = "btnfr";
    *to++ = '"';
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if (letter == '"' || letter == '\\') {
            *to++ = '\\';
            *to++ = letter;
        } else if (const auto at = escaped.find(letter); at != std::string_view::npos) {
            *to++ = '\\';
            *to++ = escapes[at];
        } else if (byte < 0x20) {
            for (const char c : {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]}) *to++ = c;
        } else {
            *to++ = letter;
        }
    }
    *to++ = '"';
    return to;
}

void append_json_string(std::string& to, std::string_view text);

/// Whether it is a number by JSON's grammar (RFC 8259, 6), as PostgreSQL writes all numbers but NaN and the
/// infinities.
bool is_json_number(std::string_view text);

}  // namespace walferry
