#include "apply/same_value.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace walferry {

namespace {

bool is_text(const std::string& postgres_type) {
    return postgres_type == "text" || postgres_type == "character varying" ||
           (postgres_type.starts_with("character varying(") && postgres_type.ends_with(')'));
}

/// Whether values of this type that PostgreSQL takes for equal are the same.
bool equality_is_exact(const std::string& postgres_type) {
    for (const char* type : {"boolean", "smallint", "integer", "bigint", "oid", "date", "uuid", "bytea"}) {
        if (postgres_type == type) return true;
    }
    const bool instant = postgres_type.starts_with("timestamp") && postgres_type.ends_with(" time zone");
    // Without precision 1.0 is equal to 1.00; with one all have its digits.
    const bool numeric = postgres_type.starts_with("numeric(") && postgres_type.ends_with(')');
    return instant || numeric;
}

}  // namespace

bool equality_is_wide(const std::string& duckdb_type) {
    for (const char* type : {"INTERVAL", "DOUBLE", "FLOAT", "TIME WITH TIME ZONE"}) {
        if (duckdb_type.find(type) != std::string::npos) return true;
    }
    return false;
}

void SameRow::add(const std::string& sql_type, const std::string& left, const std::string& right) {
    std::string as;
    if (kind_ == WarehouseKind::DuckDb) {
        if (equality_is_wide(sql_type)) as = "::VARCHAR";
    } else if (is_text(sql_type)) {
        as = " COLLATE pg_catalog.\"C\"";  // another collation may be one that takes two texts for the same
    } else if (!equality_is_exact(sql_type)) {
        left_.push_back(left);
        right_.push_back(right);
        return;
    }
    terms_.push_back(fmt::format("{}{} IS NOT DISTINCT FROM {}{}", left, as, right, as));
}

std::string SameRow::sql() const {
    std::string sql = fmt::format("{}", fmt::join(terms_, " AND "));
    if (left_.empty()) return sql;
    if (!sql.empty()) sql += " AND ";
    return sql +
           fmt::format("ROW({})::record *= ROW({})::record", fmt::join(left_, ", "), fmt::join(right_, ", "));
}

}  // namespace walferry
