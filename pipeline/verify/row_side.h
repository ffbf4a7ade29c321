#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/error.h"

namespace walferry {

/// Rows by the hash of their key: how many, and the sum of their hashes. Equal contents are equal sums; the
/// order of rows does not matter.
class BucketSums {
 public:
    /// `buckets` is a power of two.
    explicit BucketSums(std::uint64_t buckets) : counts_(buckets), sums_(buckets) {}

    void add(std::uint64_t bucket, std::uint64_t count, std::uint64_t sum) {
        counts_[bucket] += count;
        sums_[bucket] += sum;
    }
    std::uint64_t size() const { return counts_.size(); }
    std::uint64_t mask() const { return size() - 1; }
    std::uint64_t count(std::uint64_t bucket) const { return counts_[bucket]; }
    std::uint64_t rows() const;
    bool is_equal(const BucketSums& other, std::uint64_t bucket) const {
        return counts_[bucket] == other.counts_[bucket] && sums_[bucket] == other.sums_[bucket];
    }

 private:
    std::vector<std::uint64_t> counts_, sums_;
};

/// Which buckets are meant.
struct BucketSet {
    std::vector<bool> wanted;
    std::uint64_t mask = 0;
    bool has(std::uint64_t key_hash) const { return wanted[key_hash & mask]; }
};

/// A row as it is found where buckets differ. `key`: the key's values as PostgreSQL reads them (pack_texts);
/// of a table without key empty, and key_hash is row_hash.
struct FoundRow {
    std::uint64_t key_hash = 0, row_hash = 0;
    std::string key;
};

/// A row that was looked up.
struct SeenRow {
    std::vector<std::uint64_t> column_hashes;
    /// At the source: another one after every change of the row. In the warehouse: its position, may be
    /// empty.
    std::string version;
    std::vector<std::optional<std::string>> texts;  ///< by column, where asked for

    bool operator==(const SeenRow& other) const { return column_hashes == other.column_hashes; }
};

/// What is looked up: keys, or rows of a table without key.
struct WantedRow {
    std::uint64_t key_hash = 0;
    std::string key;
};

/// How many bytes of a value's text are wanted; 0: none, and `all`: all.
struct TextWish {
    static constexpr std::size_t all = static_cast<std::size_t>(-1);
    std::size_t bytes_max = 0;
};

/// One of the two that are compared.
class RowSide {
 public:
    using TakeFound = std::function<void(FoundRow)>;
    using TakeSeen = std::function<void(std::uint64_t key_hash, SeenRow)>;

    virtual ~RowSide() = default;
    virtual Status sum(BucketSums& to) = 0;
    virtual Status find(const BucketSet& buckets, const TakeFound& take) = 0;
    virtual Status look_up(std::span<const WantedRow> rows, TextWish texts, const TakeSeen& take) = 0;
};

std::string pack_texts(const std::vector<std::optional<std::string>>& texts);
std::vector<std::string> unpack_texts(std::string_view packed);

}  // namespace walferry
