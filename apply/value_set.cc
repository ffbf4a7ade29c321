#include "apply/value_set.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/error_lines.h"
#include "model/pg_types.h"

namespace walferry {

namespace {

Error no_value(const std::string& text, std::string_view allowed) {
    return Error{ErrorKind::Configuration,
                 fmt::format("{} is no value of the column's type, allowed: {}", shown(text), allowed), "",
                 ""};
}

}  // namespace

Result<ValueSet> ValueSet::make(std::uint32_t type_oid, const std::vector<std::string>& values) {
    ValueSet set;
    set.texts_ = values;
    if (type_oid == pg_types::boolean) {
        for (std::string& text : set.texts_) {
            if (text != "true" && text != "false" && text != "t" && text != "f")
                return no_value(text, "true, false");
            text.resize(1);
        }
    }
    std::sort(set.texts_.begin(), set.texts_.end());
    if (!pg_types::is_number(type_oid)) return set;
    for (const std::string& text : set.texts_) {
        const auto number = DecimalText::parse(text);
        if (!number) return no_value(text, "numbers");
        set.numbers_.push_back(*number);
    }
    return set;
}

bool ValueSet::contains(std::string_view text) const {
    if (std::binary_search(texts_.begin(), texts_.end(), text)) return true;
    if (numbers_.empty()) return false;
    const auto number = DecimalText::parse(text);
    return number && std::find(numbers_.begin(), numbers_.end(), *number) != numbers_.end();
}

}  // namespace walferry
