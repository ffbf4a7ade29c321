#include <cstddef>
#include <cstdint>
#include <string_view>

#include "capture/pgoutput/change_decoder.h"

/// One message of any bytes: it must decode or be refused, without touching a byte outside of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view message(reinterpret_cast<const char*>(data), size);
    walferry::ChangeDecoder changes;
    static_cast<void>(changes.relation(message));

    walferry::Decoder decoder;
    const auto decoded = decoder.decode(message);
    if (const auto* insert = decoded ? std::get_if<walferry::InsertMessage>(&decoded.value()) : nullptr) {
        std::size_t bytes = 0;
        for (const walferry::ColumnValue& value : insert->row) {
            for (const char letter : value.bytes) bytes += static_cast<unsigned char>(letter) != 0;
        }
        if (bytes > size) __builtin_trap();
    }
    return 0;
}
