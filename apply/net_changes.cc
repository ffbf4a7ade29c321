#include "apply/net_changes.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "apply/row_fields.h"

namespace walferry {

namespace {

std::uint64_t hash_of(std::string_view bytes) {
    return std::hash<std::string_view>{}(bytes);
}

constexpr std::size_t slots_at_first = 64;

void occupy(std::vector<std::uint32_t>& slots, std::uint64_t hash, std::size_t index) {
    const std::size_t mask = slots.size() - 1;
    std::size_t at = hash & mask;
    while (slots[at] != 0) at = (at + 1) & mask;
    slots[at] = static_cast<std::uint32_t>(index + 1);
}

/// Makes room for one more entry: slots are never more than half full.
template <class Entry>
void make_room(std::vector<std::uint32_t>& slots, const std::vector<Entry>& entries) {
    if ((entries.size() + 1) * 2 <= slots.size()) return;
    slots.assign(std::max(slots_at_first, slots.size() * 2), 0);
    for (std::size_t i = 0; i < entries.size(); ++i) occupy(slots, entries[i].hash, i);
}

/// A copy of `row` in which unchanged fields are replaced by those of `older`; `left` tells whether unchanged
/// ones stay.
std::string_view fill_unchanged(std::string_view row, std::string_view older, Arena& arena, bool& left) {
    char* const start = arena.reserve(row.size() + older.size());
    char* to = start;
    left = false;
    FieldWalker from(row);
    FieldWalker other(older);
    while (!from.done()) {
        std::string_view field = from.next();
        const std::string_view older_field = other.next();
        if (field_length(field) == unchanged_length) {
            field = older_field;
            left = left || field_length(field) == unchanged_length;
        }
        std::memcpy(to, field.data(), field.size());
        to += field.size();
    }
    arena.commit(static_cast<std::size_t>(to - start));
    return {start, static_cast<std::size_t>(to - start)};
}

}  // namespace

NetChange* NetChanges::find(std::string_view key, std::uint64_t hash) {
    if (slots_.empty()) return nullptr;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask; slots_[at] != 0; at = (at + 1) & mask) {
        NetChange& change = changes_[slots_[at] - 1];
        if (change.hash == hash && change.key == key) return &change;
    }
    return nullptr;
}

NetChange& NetChanges::add(std::string_view lasting_key, std::uint64_t hash, bool existed) {
    make_room(slots_, changes_);
    occupy(slots_, hash, changes_.size());
    NetChange& change = changes_.emplace_back();
    change.key = lasting_key;
    change.hash = hash;
    change.existed = existed;
    return change;
}

/// Keeps `row` as the change's row. The key of a change stays where it is first: at the start of a row whose
/// bytes are only ever replaced by rows with the same key.
void NetChanges::place(NetChange& change, std::string_view row, Arena& arena) {
    change.present = true;
    if (row.size() <= change.row_capacity) {
        char* const place = const_cast<char*>(change.row.data());
        std::memcpy(place, row.data(), row.size());
        arena.take_back(row);
        change.row = {place, row.size()};
        return;
    }
    change.row = row;
    change.row_capacity = static_cast<std::uint32_t>(row.size());
}

void NetChanges::insert(std::string_view row, Arena& arena) {
    const std::string_view key = leading_fields(row, key_count_);
    const std::uint64_t hash = hash_of(key);
    NetChange* change = find(key, hash);
    if (change == nullptr) change = &add(key, hash, false);
    place(*change, row, arena);
    change->has_unchanged = false;
    change->base = {};
}

/// The key is not used by its row any more: the row was deleted, or moved to another key.
NetChange& NetChanges::leave(std::string_view key, Arena& arena) {
    const std::uint64_t hash = hash_of(key);
    NetChange* change = find(key, hash);
    if (change == nullptr) change = &add(arena.copy(key), hash, true);
    change->present = false;
    change->has_unchanged = false;
    change->base = {};
    return *change;
}

Status NetChanges::update(std::string_view old_key, std::string_view row, bool has_unchanged, Arena& arena) {
    const std::string_view new_key = leading_fields(row, key_count_);
    const bool moves = !old_key.empty() && old_key != new_key;
    const std::string_view from_key = moves ? old_key : new_key;
    const std::uint64_t from_hash = hash_of(from_key);
    NetChange* change = find(from_key, from_hash);
    if (change != nullptr && !change->present) {
        return Error{ErrorKind::Protocol, "an update of a row that was deleted before it in the same batch",
                     "", ""};
    }

    std::string_view base;
    const std::string_view received = row;
    if (has_unchanged && change != nullptr) {
        base = change->base;
        row = fill_unchanged(row, change->row, arena, has_unchanged);
    } else if (has_unchanged) {
        base = moves ? arena.copy(old_key) : new_key;
    }

    if (moves) {
        leave(old_key, arena);
        const std::uint64_t new_hash = hash_of(new_key);
        change = find(new_key, new_hash);
        if (change == nullptr) change = &add(leading_fields(row, key_count_), new_hash, false);
    } else if (change == nullptr) {
        change = &add(new_key, from_hash, true);
    }
    place(*change, row, arena);
    if (change->row.data() != received.data()) arena.take_back(received);
    change->has_unchanged = has_unchanged;
    change->base = has_unchanged ? base : std::string_view{};
    return success();
}

void NetChanges::remove(std::string_view key, Arena& arena) {
    leave(key, arena);
}

void NetChanges::clear() {
    changes_.clear();
    slots_.clear();
}

std::size_t NetChanges::bytes() const {
    return changes_.capacity() * sizeof(NetChange) + slots_.capacity() * sizeof(std::uint32_t);
}

void RowCounts::add(std::string_view row, std::size_t data_bytes, std::int64_t count, Arena& arena) {
    const std::string_view data = row.substr(0, data_bytes);
    const std::uint64_t hash = hash_of(data);
    make_room(slots_, counts_);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask; slots_[at] != 0; at = (at + 1) & mask) {
        RowCount& known = counts_[slots_[at] - 1];
        if (known.hash != hash || known.data != data) continue;
        known.count += count;
        if (count > 0 && row.size() <= known.row.size()) {
            char* const place = const_cast<char*>(known.row.data());
            std::memcpy(place, row.data(), row.size());
            known.row = {place, row.size()};
        } else if (count > 0) {
            known.row = row;  // its metadata says which change added it
            return;
        }
        arena.take_back(row);
        return;
    }
    occupy(slots_, hash, counts_.size());
    counts_.push_back(RowCount{row, data, hash, count});
}

void RowCounts::clear() {
    counts_.clear();
    slots_.clear();
}

std::size_t RowCounts::bytes() const {
    return counts_.capacity() * sizeof(RowCount) + slots_.capacity() * sizeof(std::uint32_t);
}

}  // namespace walferry
