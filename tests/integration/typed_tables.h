#pragma once

#include <string>
#include <vector>

#include "tests/integration/shop.h"

namespace walferry::testing {

/// A column for a type, with values at the type's edges.
struct TypedColumn {
    enum class Stored {
        AsItself,
        AsTextInPostgres,  ///< where the warehouse lacks the type of the elements
        AsTextInDuckDb,    ///< by an override, for DuckDB has no such shape
        NotInDuckDb        ///< some of the values are refused there
    };
    const char* type;
    /// What the type reads; after a `=` an SQL expression.
    std::vector<const char*> values;
    Stored stored = Stored::AsItself;
};

/// A table (id integer, touched integer, a column for each type). Row `n` holds each column's value `n`
/// modulo how many it has.
struct TypedTable {
    std::string name;
    std::vector<TypedColumn> columns;
    bool full_identity = false;

    /// How many rows show every value of every column.
    int row_count() const;
};

/// Every type that there is in a PostgreSQL server and its contrib modules hstore, citext and ltree, and
/// types that users make. Columns that the target does not take are left out.
std::vector<TypedTable> typed_tables(Target target);

/// Extensions and types that the tables need.
std::string source_types_sql();
/// Some of them, for a PostgreSQL warehouse: there the same type is used.
std::string warehouse_types_sql();

std::string create_sql(const TypedTable& table, Target target);
/// Rows with ids from `first_id` on.
std::string insert_sql(const TypedTable& table, int first_id);
/// Gives each of these rows the values of the row after it.
std::string shift_sql(const TypedTable& table, int first_id);
/// Sets all columns of one row to NULL.
std::string clear_sql(const TypedTable& table, int id);
/// YAML of a rule's `types:` for the table, empty where it needs none.
std::string overrides_yaml(const TypedTable& table, Target target);

}  // namespace walferry::testing
