#include "publish/base64.h"

#include <cstddef>
#include <cstdint>

namespace walferry::publish {

void append_base64(std::string& to, std::string_view bytes, bool url_safe) {
    constexpr std::string_view standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    constexpr std::string_view safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char* alphabet = (url_safe ? safe : standard).data();
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

}  // namespace walferry::publish
