#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/source_table.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// What a value is hashed as, so that equal values hash equally wherever they are stored. Each has an SQL
/// expression for PostgreSQL (hash_sql.h) and a loop over DuckDB's vectors (duckdb/vector_hash.h).
enum class ValueForm : std::uint8_t {
    Int32,     ///< boolean, smallint, integer
    Int64,     ///< bigint, oid
    Float,     ///< real, double precision; -0 is 0
    Numeric,   ///< with precision: by value; money
    Text,      ///< bytes of the text
    Bytes,     ///< bytea
    Date,      ///< days
    Micros,    ///< time, timestamp, timestamptz: microseconds as seconds in a double
    TimeTz,    ///< time of day and offset
    Interval,  ///< months, days and microseconds, apart
    Uuid,
};

/// How a column is hashed on both sides.
struct HashedColumn {
    ValueForm form = ValueForm::Text;
    bool list = false;  ///< `form` is that of the elements
    std::uint64_t seed = 0;
    bool of_rows = false;  ///< a list of composite values, which unnest would take apart
};

/// A column that can be compared.
struct ComparedColumn {
    HashedColumn hashed;
    /// SQL over `{v}`, the column or an element of it, that gives what is hashed. The second is for a
    /// PostgreSQL warehouse.
    std::string source_value;
    std::string target_value;
};

/// The seed of the column at this place; no two places share one.
std::uint64_t column_seed(std::size_t place);
/// What stands for NULL.
std::uint64_t null_hash(std::uint64_t seed);
/// Another seed for a further part of the same value.
std::uint64_t part_seed(std::uint64_t seed, unsigned part);

/// Empty where nobody can tell what the target has to hold: a type that the configuration chose in a
/// PostgreSQL warehouse, whose own input function reads the source's text; an array that became JSON.
std::optional<ComparedColumn> compare_as(const SourceColumn& source, const TargetColumn& target,
                                         WarehouseKind kind, std::size_t place);

}  // namespace walferry
