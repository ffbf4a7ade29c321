#include "model/name_uuid.h"

#include <openssl/evp.h>

#include <array>

namespace walferry {

namespace {

std::string uuid_of(std::string_view name, const EVP_MD* hash, unsigned version) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    if (EVP_Digest(name.data(), name.size(), bytes.data(), nullptr, hash, nullptr) != 1) return {};
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | version << 4);
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string uuid;
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) uuid += '-';
        uuid += digits[bytes[i] >> 4];
        uuid += digits[bytes[i] & 15];
    }
    return uuid;
}

}  // namespace

std::string name_uuid(std::string_view name) {
    return uuid_of(name, EVP_md5(), 3);
}

std::string sha1_name_uuid(std::string_view name) {
    return uuid_of(name, EVP_sha1(), 5);
}

}  // namespace walferry
