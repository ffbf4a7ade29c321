#pragma once

#include <optional>
#include <string>
#include <vector>

namespace walferry::testing {

/// A column of a source table: its name and the pg_type.typname of its base type. One whose comment says
/// `text form` is stored as PostgreSQL's text in the warehouse, whatever its type: it counts as text here.
struct SourceValueType {
    std::string name;
    std::string type;
    std::string element_type;  ///< of an array, else empty
};

/// Of the source's catalog: the columns `typname` and `element` of SourceValueType and `sql_type` for the
/// column `a` of the table `c`, from a LATERAL item of this name.
extern const char* const value_type_sql;

/// SQL expressions over the column that print equal values equally on both sides, whatever the two systems'
/// own text forms are: dates as days, times as microseconds, intervals as months, days and microseconds.
std::string postgres_canonical(const SourceValueType& column);
std::string duckdb_canonical(const SourceValueType& column);

/// Brings the text of float columns into one form, by their bits.
void normalise_floats(const std::vector<SourceValueType>& columns,
                      std::vector<std::optional<std::string>>& row);

}  // namespace walferry::testing
