#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "apply/key_slots.h"
#include "model/arena.h"
#include "model/error.h"

namespace walferry {

/// What a batch comes down to for one key. Rows and keys are views into the batch's arena.
///
/// After any chain of events the effect on the target is:
///   existed, present    replace the row (or, with unchanged fields and base == key, the other fields only)
///   existed, absent     delete it
///   new, present        a new row: nothing in the target has this key
///   new, absent         nothing at all
/// `base` is the key under which the target, as it was before the batch, holds the values of the row's
/// unchanged TOAST fields.
struct NetChange {
    std::string_view key;
    std::string_view row;
    std::string_view base;
    std::uint64_t hash = 0;
    std::uint32_t row_capacity = 0;
    bool existed = false;
    bool present = false;
    bool has_unchanged = false;

    bool is_nothing() const { return !existed && !present; }
    bool is_new() const { return !existed && present; }
    bool is_moved() const { return has_unchanged && base != key; }
};

/// Folds the changes of one keyed table in one batch to one NetChange a key, in the order of the keys' first
/// appearance. Keys are compared by their encoded bytes: the source tells key updates by bytes, too.
class NetChanges {
 public:
    /// `reuses_rows`: a newer row may be written over an older one of its key.
    explicit NetChanges(std::size_t key_count, bool reuses_rows = true)
        : key_count_(key_count), reuses_rows_(reuses_rows) {}

    /// `row` lies in the arena and begins with its key; where it replaces a row of its size or more, its
    /// bytes are given back, so that a hot key does not fill the arena.
    void insert(std::string_view row, Arena& arena);
    /// `old_key` is empty when the key did not change. Kind Protocol when the row was deleted earlier in the
    /// batch.
    Status update(std::string_view old_key, std::string_view row, bool has_unchanged, Arena& arena);
    void remove(std::string_view key, Arena& arena);
    /// Whether the batch removed the row of this key, and none came since.
    bool is_gone(std::string_view key) {
        const NetChange* change = find(key, hash_of(key));
        return change != nullptr && !change->present;
    }
    /// Forgets everything: the table was truncated.
    void clear();

    std::span<NetChange> changes() { return changes_; }
    std::size_t size() const { return changes_.size(); }
    std::size_t bytes() const;

 private:
    NetChange* find(std::string_view key, std::uint64_t hash);
    NetChange& add(std::string_view lasting_key, std::uint64_t hash, bool existed);
    NetChange& leave(std::string_view key, Arena& arena);
    void place(NetChange& change, std::string_view row, Arena& arena);

    std::size_t key_count_;
    bool reuses_rows_;
    std::vector<NetChange> changes_;
    KeySlots slots_;
};

/// The changes of a table without key: how many more (or fewer) of each row there are after the batch.
struct RowCount {
    std::string_view row;   ///< whole load row, metadata included
    std::string_view data;  ///< its data fields, which tell it apart
    std::uint64_t hash = 0;
    std::int64_t count = 0;
};

class RowCounts {
 public:
    /// `reuses_rows`: the bytes of a row that is known already may be given back.
    explicit RowCounts(bool reuses_rows = true) : reuses_rows_(reuses_rows) {}

    /// `row` lies in the arena; it is given back when an equal one is known already.
    void add(std::string_view row, std::size_t data_bytes, std::int64_t count, Arena& arena);
    void clear();
    std::span<RowCount> counts() { return counts_; }
    std::size_t size() const { return counts_.size(); }
    std::size_t bytes() const;

 private:
    bool reuses_rows_;
    std::vector<RowCount> counts_;
    KeySlots slots_;
};

}  // namespace walferry
