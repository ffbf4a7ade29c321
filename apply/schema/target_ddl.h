#pragma once

#include <string>
#include <vector>

#include "apply/schema/shape_change.h"
#include "apply/table_plan.h"

namespace walferry {

/// A column of the target that rows get a value in which were there before it.
struct FilledColumn {
    TargetColumn column;
    std::string value;  ///< in the source's text form
};

/// What has to be done to a target so that it goes by another plan, in the order of the members. Pure text.
struct TargetDdl {
    std::vector<std::string> statements;
    std::vector<FilledColumn> fills;  ///< `fill_sql` makes the statement of each
    std::vector<std::string> updates;
    /// There is more to do than to rename columns and drop constraints. DuckDB can't commit that in a
    /// transaction that updated or deleted rows of the table before.
    bool alters_structure = false;
};

/// The columns of the new shape that can't go on as those of the old one, since their type in the target
/// doesn't widen: by index in `change.shape`.
std::vector<std::size_t> unlike_columns(const TablePlan& old_plan, const TablePlan& new_plan,
                                        const ShapeChange& change);

TargetDdl target_ddl(const TablePlan& old_plan, const TablePlan& new_plan, const ShapeChange& change);

/// Which rows get the missing value: all of an upsert target, the current versions of a history, none of a
/// log. `value` is an SQL expression.
std::string fill_sql(const TablePlan& new_plan, const FilledColumn& fill, const std::string& value);

/// The value as an SQL literal, where the warehouse reads it exactly; empty: it has to be loaded.
std::string exact_literal(const TablePlan& plan, const FilledColumn& fill);

/// DuckDB: statements that put a new table with the same rows in the target's place, of which the
/// transaction knows no updates and deletes. (Renaming the old one first breaks the replay of DuckDB's WAL.)
std::vector<std::string> renew_sql(const TablePlan& old_plan, const std::string& create_sql,
                                   const std::string& new_name);
/// The same CREATE TABLE for a table of another name in the same schema. `sql` is that of duckdb_tables().
std::string create_renamed(const std::string& sql, const TargetName& name);

/// The side table of newest rows, for the new plan: statements.
std::vector<std::string> latest_ddl(const TablePlan& old_plan, const TablePlan& new_plan,
                                    const ShapeChange& change);

}  // namespace walferry
