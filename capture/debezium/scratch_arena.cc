#include "capture/debezium/scratch_arena.h"

#include <algorithm>
#include <utility>

namespace walferry::debezium {

void ScratchArena::grow(std::size_t size) {
    constexpr std::size_t block_bytes_min = 16 * 1024;
    const std::size_t last = blocks_.empty() ? 0 : blocks_.back().size;
    const std::size_t wanted = std::max({block_bytes_min, 2 * last, size});
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(wanted), wanted});
    block_ = blocks_.size() - 1;
    used_ = 0;
}

void ScratchArena::keep_largest() {
    constexpr std::size_t kept_bytes_max = 4 * 1024 * 1024;
    Block largest = std::move(blocks_.back());
    blocks_.clear();
    if (largest.size <= kept_bytes_max) blocks_.push_back(std::move(largest));
}

}  // namespace walferry::debezium
