#include "capture/debezium/base64.h"

#include <array>
#include <cstdint>

namespace walferry::debezium {

namespace {

constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_letter = 64;

constexpr std::array<std::uint8_t, 256> make_values() {
    std::array<std::uint8_t, 256> values{};
    for (auto& value : values) value = no_letter;
    for (std::uint8_t i = 0; i < letters.size(); ++i) values[static_cast<std::uint8_t>(letters[i])] = i;
    values['-'] = 62;
    values['_'] = 63;
    return values;
}
constexpr auto values = make_values();

}  // namespace

bool append_from_base64(std::string& to, std::string_view text) {
    while (!text.empty() && text.back() == '=' && text.size() % 4 != 2) text.remove_suffix(1);
    if (!text.empty() && text.back() == '=') text.remove_suffix(1);
    if (text.size() % 4 == 1) return false;
    to.reserve(to.size() + text.size() / 4 * 3 + 3);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char letter : text) {
        const std::uint8_t value = values[static_cast<std::uint8_t>(letter)];
        if (value == no_letter) return false;
        bits = bits << 6 | value;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        to.push_back(static_cast<char>(bits >> count & 0xff));
    }
    return (bits & ((1u << count) - 1)) == 0;
}

void append_base64(std::string& to, std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i)
            bits = bits << 8 | (at + i < bytes.size() ? static_cast<std::uint8_t>(bytes[at + i]) : 0u);
        const std::size_t left = bytes.size() - at;
        to += letters[bits >> 18 & 63];
        to += letters[bits >> 12 & 63];
        to += left > 1 ? letters[bits >> 6 & 63] : '=';
        to += left > 2 ? letters[bits & 63] : '=';
    }
}

}  // namespace walferry::debezium
