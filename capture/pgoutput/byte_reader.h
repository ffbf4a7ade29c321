#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>

#include "model/byte_order.h"

namespace walferry {

/// A cursor over bytes that come from outside. A read past the end gives zero or nothing and is remembered:
/// read a message to its end, then ask `failed` once. Views point into the input.
class ByteReader {
 public:
    explicit ByteReader(std::string_view input) : next_(input.data()), end_(input.data() + input.size()) {}

    /// A big-endian number.
    template <std::integral T>
    T number() {
        if (left() < sizeof(T)) return static_cast<T>(fail());
        const T value = load_big_endian<T>(next_);
        next_ += sizeof(T);
        return value;
    }

    char letter() { return number<char>(); }

    /// The next `count` bytes.
    std::string_view bytes(std::size_t count) {
        if (left() < count) {
            fail();
            return {};
        }
        const std::string_view taken(next_, count);
        next_ += count;
        return taken;
    }

    /// A string that ends with a NUL, which is consumed and not part of the view.
    std::string_view text();

    std::size_t left() const { return static_cast<std::size_t>(end_ - next_); }
    bool failed() const { return failed_; }

 private:
    int fail() {
        failed_ = true;
        next_ = end_;
        return 0;
    }

    const char* next_;
    const char* end_;
    bool failed_ = false;
};

}  // namespace walferry
