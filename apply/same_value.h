#pragma once

#include <string>
#include <vector>

#include "warehouse/warehouse.h"

namespace walferry {

/// Types whose equality in DuckDB is wider than being the same value: 1 mon = 30 days, -0 = 0.
bool equality_is_wide(const std::string& duckdb_type);

/// The SQL condition that columns of two rows hold the same values: NULL is the same as NULL, and 1.0 is not
/// 1.00. In PostgreSQL both columns must have the same type. Where its equality is exact, it is asked, which
/// takes half the time; the rest is compared by the rows' images, since some types (json, point) have no
/// equality and that of others is wider.
class SameRow {
 public:
    explicit SameRow(WarehouseKind kind) : kind_(kind) {}

    void add(const std::string& sql_type, const std::string& left, const std::string& right);
    std::string sql() const;

 private:
    WarehouseKind kind_;
    std::vector<std::string> terms_;
    std::vector<std::string> left_, right_;  ///< to be compared by image
};

}  // namespace walferry
