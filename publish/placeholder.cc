#include "publish/placeholder.h"

#include <openssl/evp.h>

#include <array>
#include <cassert>

#include "publish/json_sink.h"

namespace walferry::publish {

std::string name_uuid(const std::string& bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    const int hashed = EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_md5(), nullptr);
    assert(hashed == 1);
    static_cast<void>(hashed);
    digest[6] = static_cast<unsigned char>((digest[6] & 0x0f) | 0x30);
    digest[8] = static_cast<unsigned char>((digest[8] & 0x3f) | 0x80);
    constexpr std::string_view hex = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += hex[digest[i] >> 4];
        text += hex[digest[i] & 15];
    }
    return text;
}

void write_placeholder(Placeholder placeholder, const std::string& unavailable, ValueSink& sink) {
    switch (placeholder) {
        case Placeholder::Null:
            sink.null();
            return;
        case Placeholder::Text:
            sink.text(unavailable);
            return;
        case Placeholder::Bytes:
            sink.bytes(unavailable);
            return;
        case Placeholder::JsonObject: {
            std::string json;
            JsonSink object(json);
            write_placeholder(Placeholder::Map, unavailable, object);
            sink.text(json);
            return;
        }
        case Placeholder::Map:
            sink.begin_map();
            sink.entry(unavailable);
            sink.text(unavailable);
            sink.end_map();
            return;
        case Placeholder::Texts:
        case Placeholder::ByteArrays:
        case Placeholder::Uuids:
            sink.begin_array();
            sink.item();
            if (placeholder == Placeholder::Texts) sink.text(unavailable);
            if (placeholder == Placeholder::ByteArrays) sink.bytes(unavailable);
            if (placeholder == Placeholder::Uuids) sink.text(name_uuid(unavailable));
            sink.end_array();
            return;
        case Placeholder::Codes:
            sink.begin_array();
            for (const char code : unavailable) {
                sink.item();
                sink.integer(static_cast<signed char>(code));
            }
            sink.end_array();
    }
}

}  // namespace walferry::publish
