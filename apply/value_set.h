#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apply/decimal_text.h"
#include "model/error.h"

namespace walferry {

/// Some values of one type. Numbers are equal when they have the same value (1.50 is 1.5), all else when it
/// has the same text.
class ValueSet {
 public:
    /// Kind Configuration when one of them is no value of a numeric or boolean type. Booleans are true or
    /// false, t or f.
    static Result<ValueSet> make(std::uint32_t type_oid, const std::vector<std::string>& values);
    ValueSet(ValueSet&&) = default;
    ValueSet& operator=(ValueSet&&) = default;

    /// `text` is PostgreSQL's text form.
    bool contains(std::string_view text) const;

 private:
    ValueSet() = default;

    std::vector<std::string> texts_;  ///< sorted; not changed any more, for the numbers point into them
    std::vector<DecimalText> numbers_;
};

}  // namespace walferry
