#include "model/arena.h"

#include <algorithm>
#include <cstring>

namespace walferry {

void Arena::grow(std::size_t size) {
    const std::size_t block = std::max(size, block_bytes);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block));
    next_ = blocks_.back().get();
    end_ = next_ + block;
    reserved_ += block;
}

std::string_view Arena::copy(std::string_view bytes) {
    char* to = reserve(bytes.size());
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    commit(bytes.size());
    return {to, bytes.size()};
}

}  // namespace walferry
