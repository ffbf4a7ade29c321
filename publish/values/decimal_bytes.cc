#include "publish/values/decimal_bytes.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace walferry::publish {

namespace {

__extension__ using Wide = unsigned __int128;

/// 10^38 is less than 2^127.
constexpr std::size_t wide_digits_max = 38;

/// Makes the negative of a number of big-endian bytes.
void negate(char* first, char* last) {
    for (char* at = first; at != last; ++at) *at = static_cast<char>(~*at);
    for (char* at = last; at != first;) {
        --at;
        *at = static_cast<char>(*at + 1);
        if (*at != 0) return;
    }
}

/// Leading bytes that say nothing but the sign that the next one has too.
std::size_t needless(std::string_view bytes) {
    std::size_t count = 0;
    while (count + 1 < bytes.size()) {
        const bool next_negative = (bytes[count + 1] & 0x80) != 0;
        const bool needless_byte = next_negative ? bytes[count] == '\xFF' : bytes[count] == '\0';
        if (!needless_byte) break;
        ++count;
    }
    return count;
}

}  // namespace

DecimalBytes::DecimalBytes(bool negative, std::string_view whole, std::string_view rest) {
    while (!whole.empty() && whole.front() == '0') whole.remove_prefix(1);
    if (whole.empty()) {
        while (!rest.empty() && rest.front() == '0') rest.remove_prefix(1);
    }
    if (whole.size() + rest.size() > wide_digits_max) {
        store_large(negative, whole, rest);
        return;
    }
    Wide value = 0;
    for (const char digit : whole) value = value * 10 + static_cast<unsigned>(digit - '0');
    for (const char digit : rest) value = value * 10 + static_cast<unsigned>(digit - '0');
    store_small(negative, static_cast<unsigned long long>(value >> 64),
                static_cast<unsigned long long>(value));
}

void DecimalBytes::store_small(bool negative, unsigned long long high, unsigned long long low) {
    for (std::size_t i = 0; i < 8; ++i) {
        small_[16 - i] = static_cast<char>(low >> (8 * i));
        small_[8 - i] = static_cast<char>(high >> (8 * i));
    }
    if (negative) negate(small_.data(), small_.data() + small_.size());
    first_ = needless({small_.data(), small_.size()});
}

void DecimalBytes::store_large(bool negative, std::string_view whole, std::string_view rest) {
    // Nine digits at a time, into words of 32 bits, the lowest first.
    std::vector<std::uint32_t> words;
    std::uint32_t group = 0;
    std::uint32_t factor = 1;
    const auto add_group = [&] {
        std::uint64_t carry = group;
        for (std::uint32_t& word : words) {
            carry += std::uint64_t{word} * factor;
            word = static_cast<std::uint32_t>(carry);
            carry >>= 32;
        }
        if (carry != 0) words.push_back(static_cast<std::uint32_t>(carry));
        group = 0;
        factor = 1;
    };
    for (const std::string_view part : {whole, rest}) {
        for (const char digit : part) {
            group = group * 10 + static_cast<std::uint32_t>(digit - '0');
            factor *= 10;
            if (factor == 1'000'000'000) add_group();
        }
    }
    if (factor != 1) add_group();
    large_.assign(1, '\0');
    for (std::size_t at = words.size(); at-- > 0;) {
        for (int shift = 24; shift >= 0; shift -= 8) large_ += static_cast<char>(words[at] >> shift);
    }
    if (negative) negate(large_.data(), large_.data() + large_.size());
    large_.erase(0, needless(large_));
}

}  // namespace walferry::publish
