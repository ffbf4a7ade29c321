#pragma once

#include <array>
#include <string>
#include <string_view>

namespace walferry::publish {

/// An integer in two's complement, big-endian, in as few bytes as there can be, at least one: what Java's
/// BigInteger.toByteArray gives and Connect's Decimal holds.
class DecimalBytes {
 public:
    /// From an optional minus and digits in two parts, `whole` then `rest`. Digits only: the caller has
    /// looked. Up to 38 digits need no memory.
    DecimalBytes(bool negative, std::string_view whole, std::string_view rest);

    std::string_view view() const {
        return large_.empty() ? std::string_view(small_.data() + first_, small_.size() - first_)
                              : std::string_view(large_);
    }

 private:
    void store_small(bool negative, unsigned long long high, unsigned long long low);
    void store_large(bool negative, std::string_view whole, std::string_view rest);

    std::array<char, 17> small_{};
    std::size_t first_ = 0;
    std::string large_;
};

}  // namespace walferry::publish
