#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace walferry {

enum class ColumnRule : char { Clear, Exclude, Hash, Mask };

/// The environment variable with the secret of `hash_columns`.
inline constexpr const char* hash_key_variable = "WALFERRY_HASH_KEY";

/// What must not reach the warehouse in clear, by the column's name at the source. No name stands in two
/// lists.
struct ColumnRules {
    std::vector<std::string> excluded;  ///< not in the target at all
    std::vector<std::string> hashed;    ///< the value's text form becomes its hex HMAC-SHA-256
    std::vector<std::string> masked;    ///< any value becomes the text ****
    std::string hash_key;               ///< not empty where something is hashed; never printed

    bool empty() const { return excluded.empty() && hashed.empty() && masked.empty(); }
    ColumnRule of(std::string_view column) const;
    bool excludes(std::string_view column) const { return of(column) == ColumnRule::Exclude; }
    /// All names in the lists, those of one list together.
    std::vector<std::string> columns() const;
    /// The rules of those columns that are among `present`, with the key.
    ColumnRules among(const std::vector<std::string>& present) const;
};

}  // namespace walferry
