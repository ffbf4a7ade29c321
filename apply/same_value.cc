#include "apply/same_value.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace walferry {

bool equality_is_wide(const std::string& duckdb_type) {
    for (const char* type : {"INTERVAL", "DOUBLE", "FLOAT", "TIME WITH TIME ZONE"}) {
        if (duckdb_type.find(type) != std::string::npos) return true;
    }
    return false;
}

void SameRow::add(const std::string& sql_type, const std::string& left, const std::string& right) {
    const bool as_text = kind_ == WarehouseKind::DuckDb && equality_is_wide(sql_type);
    left_.push_back(as_text ? left + "::VARCHAR" : left);
    right_.push_back(as_text ? right + "::VARCHAR" : right);
}

std::string SameRow::sql() const {
    if (kind_ == WarehouseKind::Postgres)
        return fmt::format("ROW({})::record *= ROW({})::record", fmt::join(left_, ", "),
                           fmt::join(right_, ", "));
    std::vector<std::string> terms;
    for (std::size_t i = 0; i < left_.size(); ++i)
        terms.push_back(fmt::format("{} IS NOT DISTINCT FROM {}", left_[i], right_[i]));
    return fmt::format("{}", fmt::join(terms, " AND "));
}

}  // namespace walferry
