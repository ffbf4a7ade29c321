#pragma once

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace walferry::testing {

/// A value's canonical text (canonical_text.h), kept once in a ValuePool: of one pool, two values are equal
/// iff the pointers are. Null is NULL.
using Value = const std::string*;
using ValueRow = std::vector<Value>;

/// Owns the texts. One of more than 200 bytes is kept as its beginning, length and hash, for a log repeats
/// large values with each change of their row.
class ValuePool {
 public:
    ValuePool() = default;
    ValuePool(const ValuePool&) = delete;
    ValuePool& operator=(const ValuePool&) = delete;

    Value value(const std::optional<std::string>& text);
    ValueRow row(const std::vector<std::optional<std::string>>& texts);

    /// Stands for a value that the source did not send, since it is stored out of line and did not change.
    static Value unchanged();

 private:
    std::unordered_set<std::string> texts_;
};

std::string to_string(Value value);
/// `1|text|NULL`
std::string to_string(const ValueRow& row);

}  // namespace walferry::testing
