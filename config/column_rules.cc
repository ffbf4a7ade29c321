#include "config/column_rules.h"

#include <algorithm>

namespace walferry {
namespace {

bool holds(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

ColumnRule ColumnRules::of(std::string_view column) const {
    if (holds(excluded, column)) return ColumnRule::Exclude;
    if (holds(hashed, column)) return ColumnRule::Hash;
    return holds(masked, column) ? ColumnRule::Mask : ColumnRule::Clear;
}

std::vector<std::string> ColumnRules::columns() const {
    std::vector<std::string> names = excluded;
    names.insert(names.end(), hashed.begin(), hashed.end());
    names.insert(names.end(), masked.begin(), masked.end());
    return names;
}

ColumnRules ColumnRules::among(const std::vector<std::string>& present) const {
    ColumnRules rules = *this;
    const auto absent = [&](const std::string& name) { return !holds(present, name); };
    for (auto* names : {&rules.excluded, &rules.hashed, &rules.masked}) std::erase_if(*names, absent);
    return rules;
}

}  // namespace walferry
