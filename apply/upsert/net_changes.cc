#include "apply/upsert/net_changes.h"

#include <cstring>

#include "apply/row_fields.h"

namespace walferry {

NetChange* NetChanges::find(std::string_view key, std::uint64_t hash) {
    return slots_.find(changes_, hash, [&](const NetChange& change) { return change.key == key; });
}

NetChange& NetChanges::add(std::string_view lasting_key, std::uint64_t hash, bool existed) {
    slots_.add(changes_, hash);
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
    if (reuses_rows_ && row.size() <= change.row_capacity) {
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
    if (reuses_rows_ && change->row.data() != received.data()) arena.take_back(received);
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
    return changes_.capacity() * sizeof(NetChange) + slots_.bytes();
}

void RowCounts::add(std::string_view row, std::size_t data_bytes, std::int64_t count, Arena& arena) {
    const std::string_view data = row.substr(0, data_bytes);
    const std::uint64_t hash = hash_of(data);
    RowCount* known =
        slots_.find(counts_, hash, [&](const RowCount& row_count) { return row_count.data == data; });
    if (known == nullptr) {
        slots_.add(counts_, hash);
        counts_.push_back(RowCount{row, data, hash, count});
        return;
    }
    known->count += count;
    if (count > 0 && row.size() > known->row.size()) {
        known->row = row;  // its metadata says which change added it
        return;
    }
    if (count > 0) {
        char* const place = const_cast<char*>(known->row.data());
        std::memcpy(place, row.data(), row.size());
        known->row = {place, row.size()};
    }
    if (reuses_rows_) arena.take_back(row);
}

void RowCounts::clear() {
    counts_.clear();
    slots_.clear();
}

std::size_t RowCounts::bytes() const {
    return counts_.capacity() * sizeof(RowCount) + slots_.bytes();
}

}  // namespace walferry
