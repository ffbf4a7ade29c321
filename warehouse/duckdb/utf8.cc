#include "warehouse/duckdb/utf8.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace walferry {
namespace {

/// Length of the well-formed sequence that begins with a byte above 0x7F, 0 when there is none.
std::size_t sequence_length(const unsigned char* at, std::size_t left) {
    const auto continues = [&](std::size_t i) { return i < left && (at[i] & 0xC0) == 0x80; };
    if (at[0] < 0xC2 || at[0] > 0xF4 || !continues(1)) return 0;
    if (at[0] < 0xE0) return 2;
    if (!continues(2)) return 0;
    if (at[0] < 0xF0) {
        const bool overlong = at[0] == 0xE0 && at[1] < 0xA0;
        const bool surrogate = at[0] == 0xED && at[1] > 0x9F;
        return overlong || surrogate ? 0 : 3;
    }
    const bool overlong = at[0] == 0xF0 && at[1] < 0x90;
    const bool too_large = at[0] == 0xF4 && at[1] > 0x8F;
    return overlong || too_large || !continues(3) ? 0 : 4;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    std::size_t i = 0;
    while (i < text.size()) {
        if (text.size() - i >= 8) {
            std::uint64_t chunk;
            std::memcpy(&chunk, bytes + i, 8);
            if ((chunk & 0x8080808080808080u) == 0) {
                i += 8;
                continue;
            }
        }
        if (bytes[i] < 0x80) {
            ++i;
            continue;
        }
        const std::size_t length = sequence_length(bytes + i, text.size() - i);
        if (length == 0) return false;
        i += length;
    }
    return true;
}

}  // namespace walferry
