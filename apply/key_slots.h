#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace walferry {

inline std::uint64_t hash_of(std::string_view bytes) {
    return std::hash<std::string_view>{}(bytes);
}

/// An index by hash over entries in a vector of the owner's: open addressing, never more than half full, no
/// allocation an entry. Entries have a member `hash` and are only ever appended.
class KeySlots {
 public:
    /// The entry with this hash for which `is_it(entry)` holds; null without.
    template <class Entry, class IsIt>
    Entry* find(std::vector<Entry>& entries, std::uint64_t hash, IsIt&& is_it) const {
        if (slots_.empty()) return nullptr;
        const std::size_t mask = slots_.size() - 1;
        for (std::size_t at = hash & mask; slots_[at] != 0; at = (at + 1) & mask) {
            Entry& entry = entries[slots_[at] - 1];
            if (entry.hash == hash && is_it(entry)) return &entry;
        }
        return nullptr;
    }

    /// Notes the entry that the owner appends next.
    template <class Entry>
    void add(const std::vector<Entry>& entries, std::uint64_t hash) {
        if ((entries.size() + 1) * 2 > slots_.size()) {
            slots_.assign(std::max(slots_at_first, slots_.size() * 2), 0);
            for (std::size_t i = 0; i < entries.size(); ++i) occupy(entries[i].hash, i);
        }
        occupy(hash, entries.size());
    }

    void clear() { slots_.clear(); }
    std::size_t bytes() const { return slots_.capacity() * sizeof(std::uint32_t); }

 private:
    static constexpr std::size_t slots_at_first = 64;

    void occupy(std::uint64_t hash, std::size_t index) {
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = hash & mask;
        while (slots_[at] != 0) at = (at + 1) & mask;
        slots_[at] = static_cast<std::uint32_t>(index + 1);
    }

    std::vector<std::uint32_t> slots_;  ///< index + 1, 0 is free
};

}  // namespace walferry
