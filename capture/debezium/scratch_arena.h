#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace walferry::debezium {

/// Memory for what one record is decoded into: given out piece by piece, taken back all at once, and used
/// again for the next record. Pieces don't move. Not thread-safe.
class ScratchArena {
 public:
    void reset() {
        block_ = 0;
        used_ = 0;
        if (blocks_.size() > 1) keep_largest();
    }

    std::string_view copy(std::string_view bytes) {
        if (bytes.empty()) return {};
        char* to = take(bytes.size());
        std::memcpy(to, bytes.data(), bytes.size());
        return {to, bytes.size()};
    }

    template <class T>
    std::span<const T> copy(std::span<const T> items) {
        static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= alignof(std::max_align_t));
        if (items.empty()) return {};
        used_ = (used_ + alignof(T) - 1) / alignof(T) * alignof(T);
        void* to = take(items.size_bytes());
        std::memcpy(to, items.data(), items.size_bytes());
        return {static_cast<const T*>(to), items.size()};
    }

 private:
    struct Block {
        std::unique_ptr<char[]> bytes;
        std::size_t size = 0;
    };

    char* take(std::size_t size) {
        if (blocks_.empty() || blocks_[block_].size < used_ + size) grow(size);
        char* to = blocks_[block_].bytes.get() + used_;
        used_ += size;
        return to;
    }
    void grow(std::size_t size);
    void keep_largest();

    std::vector<Block> blocks_;
    std::size_t block_ = 0;
    std::size_t used_ = 0;
};

}  // namespace walferry::debezium
