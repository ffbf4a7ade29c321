#include "apply/value_transform.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cassert>
#include <cstring>
#include <stdexcept>

namespace walferry {

namespace {

constexpr std::size_t digest_bytes = 32;
constexpr std::string_view mask = "****";

static_assert(ValueTransform::bytes_max == 2 * digest_bytes);

/// OpenSSL fails here only without memory, or where SHA-256 was taken out of it: nothing that the clear value
/// could stand in for.
void require(bool done) {
    if (!done) throw std::runtime_error("OpenSSL can't make an HMAC-SHA-256");
}

char* write_hex(const unsigned char* digest, char* to) {
    constexpr char digits[] = "0123456789abcdef";
    for (std::size_t i = 0; i < digest_bytes; ++i) {
        *to++ = digits[digest[i] >> 4];
        *to++ = digits[digest[i] & 15];
    }
    return to;
}

}  // namespace

void ValueTransform::FreeContext::operator()(evp_mac_ctx_st* context) const {
    EVP_MAC_CTX_free(context);
}

ValueTransform::ValueTransform(const std::string& hash_key) {
    if (hash_key.empty()) return;
    const std::unique_ptr<EVP_MAC, void (*)(EVP_MAC*)> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr),
                                                            EVP_MAC_free);
    require(hmac != nullptr);
    keyed_.reset(EVP_MAC_CTX_new(hmac.get()));
    require(keyed_ != nullptr);
    char digest_name[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
                                     OSSL_PARAM_construct_end()};
    require(EVP_MAC_init(keyed_.get(), reinterpret_cast<const unsigned char*>(hash_key.data()),
                         hash_key.size(), parameters) == 1);
}

char* ValueTransform::write(ColumnRule rule, std::string_view text, char* to) {
    if (rule == ColumnRule::Mask) {
        std::memcpy(to, mask.data(), mask.size());
        return to + mask.size();
    }
    assert(rule == ColumnRule::Hash && keyed_ != nullptr);
    unsigned char digest[digest_bytes];
    std::size_t written = 0;
    // Without a key it starts over with the one that it has, which spares hashing the key's own blocks.
    require(EVP_MAC_init(keyed_.get(), nullptr, 0, nullptr) == 1 &&
            EVP_MAC_update(keyed_.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size()) ==
                1 &&
            EVP_MAC_final(keyed_.get(), digest, &written, sizeof digest) == 1 && written == sizeof digest);
    return write_hex(digest, to);
}

std::string ValueTransform::transformed(ColumnRule rule, std::string_view text) {
    char bytes[bytes_max];
    return {bytes, write(rule, text, bytes)};
}

}  // namespace walferry
