#include "capture/pgoutput/byte_reader.h"

#include <cstring>

namespace walferry {

std::string_view ByteReader::text() {
    const void* nul = left() == 0 ? nullptr : std::memchr(next_, '\0', left());
    if (nul == nullptr) {
        fail();
        return {};
    }
    const auto length = static_cast<std::size_t>(static_cast<const char*>(nul) - next_);
    const std::string_view taken(next_, length);
    next_ += length + 1;
    return taken;
}

}  // namespace walferry
