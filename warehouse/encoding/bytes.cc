#include "warehouse/encoding/bytes.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace walferry {
namespace {

constexpr std::uint8_t no_nibble = 0xF0;

constexpr std::array<std::uint8_t, 256> nibbles = [] {
    std::array<std::uint8_t, 256> table{};
    for (auto& entry : table) entry = no_nibble;
    for (unsigned i = 0; i < 10; ++i) table['0' + i] = static_cast<std::uint8_t>(i);
    for (unsigned i = 0; i < 6; ++i) table['a' + i] = table['A' + i] = static_cast<std::uint8_t>(10 + i);
    return table;
}();

/// An even number of hexadecimal digits; whether they were all digits.
bool read_hex(const char* from, std::size_t digits, char* to) {
    unsigned bad = 0;
    for (std::size_t i = 0; i < digits; i += 2, ++to) {
        const unsigned high = nibbles[static_cast<unsigned char>(from[i])];
        const unsigned low = nibbles[static_cast<unsigned char>(from[i + 1])];
        bad |= high | low;
        *to = static_cast<char>(high << 4 | low);
    }
    return bad < 16;
}

}  // namespace

char* encode_bool(std::string_view text, char* to) {
    if (text.size() != 1 || (text[0] != 't' && text[0] != 'f')) return nullptr;
    *to = text[0] == 't';
    return to + 1;
}

char* encode_bytea(std::string_view text, char* to) {
    if (!text.starts_with("\\x") || text.size() % 2 != 0) return nullptr;
    const std::size_t digits = text.size() - 2;
    return read_hex(text.data() + 2, digits, to) ? to + digits / 2 : nullptr;
}

char* encode_uuid(std::string_view text, char* to) {
    if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
        return nullptr;
    const char* from = text.data();
    const bool valid = read_hex(from, 8, to) && read_hex(from + 9, 4, to + 4) &&
                       read_hex(from + 14, 4, to + 6) && read_hex(from + 19, 4, to + 8) &&
                       read_hex(from + 24, 12, to + 10);
    return valid ? to + 16 : nullptr;
}

char* encode_jsonb(std::string_view text, char* to) {
    *to++ = 1;
    return std::copy(text.begin(), text.end(), to);
}

}  // namespace walferry
