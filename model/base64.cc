#include "model/base64.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace walferry {

namespace {

constexpr std::string_view standard_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_safe_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t no_letter = 64;

constexpr std::array<std::uint8_t, 256> make_values() {
    std::array<std::uint8_t, 256> values{};
    for (auto& value : values) value = no_letter;
    for (std::uint8_t i = 0; i < standard_alphabet.size(); ++i)
        values[static_cast<std::uint8_t>(standard_alphabet[i])] = i;
    values['-'] = 62;
    values['_'] = 63;
    return values;
}
constexpr auto alphabet_values = make_values();

}  // namespace

void append_base64(std::string& to, std::string_view bytes, bool url_safe) {
    const char* alphabet = (url_safe ? url_safe_alphabet : standard_alphabet).data();
    const std::size_t start = to.size();
    to.resize(start + (bytes.size() + 2) / 3 * 4);
    char* write = to.data() + start;
    const auto* read = reinterpret_cast<const unsigned char*>(bytes.data());
    std::size_t left = bytes.size();
    for (; left >= 3; left -= 3, read += 3) {
        const std::uint32_t group = std::uint32_t{read[0]} << 16 | std::uint32_t{read[1]} << 8 | read[2];
        *write++ = alphabet[group >> 18];
        *write++ = alphabet[group >> 12 & 63];
        *write++ = alphabet[group >> 6 & 63];
        *write++ = alphabet[group & 63];
    }
    if (left == 0) return;
    const std::uint32_t group = std::uint32_t{read[0]} << 16 | (left == 2 ? std::uint32_t{read[1]} << 8 : 0);
    *write++ = alphabet[group >> 18];
    *write++ = alphabet[group >> 12 & 63];
    *write++ = left == 2 ? alphabet[group >> 6 & 63] : '=';
    *write = '=';
}

bool append_from_base64(std::string& to, std::string_view text) {
    while (!text.empty() && text.back() == '=' && text.size() % 4 != 2) text.remove_suffix(1);
    if (!text.empty() && text.back() == '=') text.remove_suffix(1);
    if (text.size() % 4 == 1) return false;
    to.reserve(to.size() + text.size() / 4 * 3 + 3);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char letter : text) {
        const std::uint8_t value = alphabet_values[static_cast<std::uint8_t>(letter)];
        if (value == no_letter) return false;
        bits = bits << 6 | value;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        to.push_back(static_cast<char>(bits >> count & 0xff));
    }
    return (bits & ((1u << count) - 1)) == 0;
}

}  // namespace walferry
