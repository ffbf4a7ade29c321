#include "pipeline/verify/row_side.h"

#include <cstring>
#include <numeric>

namespace walferry {

std::uint64_t BucketSums::rows() const {
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::string pack_texts(const std::vector<std::optional<std::string>>& texts) {
    std::string packed;
    for (const auto& text : texts) {
        const std::string value = text.value_or("");
        const auto size = static_cast<std::uint32_t>(value.size());
        packed.append(reinterpret_cast<const char*>(&size), sizeof size);
        packed += value;
    }
    return packed;
}

std::vector<std::string> unpack_texts(std::string_view packed) {
    std::vector<std::string> texts;
    while (packed.size() >= sizeof(std::uint32_t)) {
        std::uint32_t size = 0;
        std::memcpy(&size, packed.data(), sizeof size);
        packed.remove_prefix(sizeof size);
        texts.emplace_back(packed.substr(0, size));
        packed.remove_prefix(size);
    }
    return texts;
}

}  // namespace walferry
