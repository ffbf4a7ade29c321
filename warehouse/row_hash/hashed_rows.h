#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace walferry {

/// Some rows of a result, as hashes; holds during the call that hands it out.
class HashedRows {
 public:
    virtual ~HashedRows() = default;

    std::size_t count = 0;
    std::vector<std::uint64_t> key_hashes;                  ///< exclusive or of the key columns' hashes
    std::vector<std::uint64_t> row_hashes;                  ///< of all columns'
    std::vector<std::vector<std::uint64_t>> column_hashes;  ///< by column, then by row

    /// The result's columns after the hashed ones, which are text; empty is NULL.
    virtual std::optional<std::string_view> text(std::size_t place, std::size_t row) const = 0;
};

using TakeHashedRows = std::function<Status(const HashedRows&)>;

}  // namespace walferry
