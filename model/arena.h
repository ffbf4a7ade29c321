#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace walferry {

/// Bytes that live and die together: a batch's rows. Grows by blocks, never moves what it gave out, frees all
/// at once. Not thread-safe; it moves between threads together with its batch.
class Arena {
 public:
    static constexpr std::size_t block_bytes = 1u << 20;

    Arena() = default;
    Arena(Arena&&) noexcept = default;
    Arena& operator=(Arena&&) noexcept = default;

    /// At least `size` writable bytes in one piece; `commit` says how many of them are kept. Only one
    /// reservation is open at a time: a second `reserve` before `commit` gives the same bytes again.
    char* reserve(std::size_t size) {
        if (static_cast<std::size_t>(end_ - next_) < size) grow(size);
        return next_;
    }
    void commit(std::size_t size) {
        next_ += size;
        used_ += size;
    }

    /// Gives the bytes of the last commit back when they are `last`; does nothing otherwise.
    void take_back(std::string_view last) {
        if (last.data() + last.size() != next_) return;
        next_ -= last.size();
        used_ -= last.size();
    }

    /// A copy of `bytes` that lives as long as the arena. Ends an open reservation.
    std::string_view copy(std::string_view bytes);

    std::size_t used_bytes() const { return used_; }
    std::size_t reserved_bytes() const { return reserved_; }

 private:
    void grow(std::size_t size);

    std::vector<std::unique_ptr<char[]>> blocks_;
    char* next_ = nullptr;
    char* end_ = nullptr;
    std::size_t used_ = 0;
    std::size_t reserved_ = 0;
};

}  // namespace walferry
