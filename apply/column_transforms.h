#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "apply/value_transform.h"
#include "config/column_rules.h"
#include "model/change.h"
#include "model/error.h"

namespace walferry {

/// Takes out of a table's changes what must not reach the warehouse in clear, for one version of its
/// relation. Applied by the reader before it hands a change to anybody: whatever is kept, staged, rejected or
/// logged afterwards has the transformed values only. One thread.
class ColumnTransforms {
 public:
    /// Memory that a transformed event points into; reused from event to event.
    struct Scratch {
        std::vector<ColumnValue> before, after;
        std::vector<char> values;
        std::string message;
    };

    /// `rules` name columns that the table had when it was planned. Kind Schema when the relation lacks one
    /// of those: it may have been renamed, and what it is called now would pass in clear. `configured` may
    /// name more, which the table can get while it streams.
    static Result<ColumnTransforms> make(const ColumnRules& rules, const Relation& relation,
                                         const ColumnRules& configured);
    static Result<ColumnTransforms> make(const ColumnRules& rules, const Relation& relation) {
        return make(rules, relation, rules);
    }

    bool empty() const { return columns_.empty(); }
    std::uint64_t relation_version() const { return relation_version_; }

    /// The event with replaced values in both rows and a message that says the same; NULL and unchanged TOAST
    /// values stay, excluded columns are NULL. A truncate is given back as it is. Holds as long as `event`,
    /// and until the next use of `scratch`.
    ChangeEvent apply(const ChangeEvent& event, Scratch& scratch);

 private:
    explicit ColumnTransforms(const ColumnRules& rules) : transform_(rules.hash_key) {}
    char* replace(std::vector<ColumnValue>& row, char* to);

    std::vector<std::pair<std::size_t, ColumnRule>> columns_;  ///< by index in the relation
    ValueTransform transform_;
    std::uint64_t relation_version_ = 0;
};

}  // namespace walferry
