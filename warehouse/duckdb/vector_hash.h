#pragma once

#include <duckdb.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "warehouse/row_hash/value_form.h"

namespace walferry {

/// Hashes the values of a DuckDB vector as hash_sql.h does in PostgreSQL. Not thread-safe.
class VectorHash {
 public:
    /// Empty where a vector of this type can't hold values of the form.
    static std::optional<VectorHash> create(const HashedColumn& column, duckdb_logical_type type);

    /// Of the first `count` values.
    void hash(duckdb_vector vector, idx_t count, std::uint64_t* to) const { hash_(*this, vector, count, to); }

    std::uint64_t seed() const { return seed_; }
    int decimal_scale() const { return decimal_scale_; }
    const VectorHash& element() const { return *element_; }

    using Hash = void (*)(const VectorHash& self, duckdb_vector vector, idx_t count, std::uint64_t* to);

 private:
    Hash hash_ = nullptr;
    std::uint64_t seed_ = 0;
    int decimal_scale_ = 0;
    std::shared_ptr<const VectorHash> element_;
};

}  // namespace walferry
