#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "apply/staging_table.h"

namespace walferry {

/// The statements that bring one table's net changes from staging into the target: pure text, made from the
/// plan. Staging tables are the session's own temporary ones; their data columns are c0 … cn in load order.
///
///   gone     keys whose rows leave the target (DuckDB: replaced rows, too)
///   changed  g, then whole rows that replace an existing one; g is `full_group`, or says which fields are
///   unchanged moved    g, whole rows with unchanged fields, then b0 … bk: the key under which the target
///   still has those fewer    n, then data fields: how many equal rows leave a table without key
struct StagingTables {
    TargetName gone, changed, moved, fewer;
};

/// Which data columns of a staged row hold no value, by load position.
using UnchangedColumns = std::vector<std::size_t>;

inline constexpr int full_group = 1;  ///< rows with every value; groups with unchanged columns count from 2

StagingTables staging_tables(const TablePlan& plan);
std::vector<StagingTable> upsert_staging(const TablePlan& plan);

std::vector<TargetColumn> gone_columns(const TablePlan& plan);
std::vector<TargetColumn> changed_columns(const TablePlan& plan);
std::vector<TargetColumn> moved_columns(const TablePlan& plan);
std::vector<TargetColumn> fewer_columns(const TablePlan& plan);

std::string empty_target_sql(const TablePlan& plan);
/// TRUNCATE, where deleted rows are kept and marked.
std::string mark_all_deleted_sql(const TablePlan& plan, Lsn lsn);
std::string delete_gone_sql(const TablePlan& plan);
/// Replaces the values of existing rows, but those of the unchanged columns. Empty when there is nothing to
/// set.
std::string update_changed_sql(const TablePlan& plan, int group, const UnchangedColumns& unchanged);
/// Rows of the full group that the target does not have yet.
std::string insert_missing_sql(const TablePlan& plan);
/// Takes unchanged values from the target into staging, by the row's own key or (moved) by the base key.
std::string fill_changed_sql(const TablePlan& plan, int group, const UnchangedColumns& unchanged);
std::string fill_moved_sql(const TablePlan& plan, int group, const UnchangedColumns& unchanged);
std::string insert_changed_sql(const TablePlan& plan);
std::string insert_moved_sql(const TablePlan& plan);
std::string delete_fewer_sql(const TablePlan& plan);

}  // namespace walferry
