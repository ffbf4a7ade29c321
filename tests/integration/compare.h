#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/integration/duckdb_file.h"
#include "tests/support/pg_cluster.h"

namespace walferry::testing {

/// A database of a running server.
struct PgDatabase {
    const PgCluster& cluster;
    std::string name;
};

/// Compares all rows of all permanent tables of `source` (leaves as part of their root) with the tables of
/// the same schema and name in the warehouse, as multisets, column by column; walferry's own columns aside.
/// Nobody may write meanwhile. The text is empty when all are equal; else it says which tables differ, with
/// the first differing rows. `left_out`: `schema.table` of tables that the warehouse need not have.
///
/// PostgreSQL: values are equal when the types' output functions print the same. DuckDB: numbers, times and
/// intervals by their exact parts, floats by their bits, the rest by PostgreSQL's text form.
std::string differences(const PgDatabase& source, const PgDatabase& warehouse,
                        const std::set<std::string>& left_out = {});
std::string differences(const PgDatabase& source, const DuckDbFile& warehouse,
                        const std::set<std::string>& left_out = {});

}  // namespace walferry::testing
