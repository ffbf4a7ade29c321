#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "apply/table_plan.h"
#include "model/change.h"

namespace walferry {

/// A temporary table of the warehouse session in which rows wait for the statements that bring them into a
/// target. Data columns are called c0 … cn in load order.
struct StagingTable {
    TargetName name;
    std::vector<TargetColumn> columns;
};

/// The staging table of a target for this purpose.
StagingTable staging_table(const TablePlan& plan, const char* purpose, std::vector<TargetColumn> columns);
TargetName staging_name(const TablePlan& plan, const char* purpose);

/// A column of staging that no target has, with its type in both warehouses' SQL.
TargetColumn staging_column(const TablePlan& plan, std::string name, const char* sql_type, Encoding encoding);
/// Appends the first `count` columns of the target, as letter0, letter1 …
void add_staged_columns(std::vector<TargetColumn>& to, const TablePlan& plan, std::size_t count, char letter);

/// "t.id = s.c0 AND …": the key of target row t is that in the columns `letter` of staged row s.
std::string key_match(const TablePlan& plan, char letter);
/// "c0, c1 …", with `prefix` c.
std::string staged_list(std::size_t count, std::string_view prefix = "c");
/// "s.c0 = e.c0 AND …", with `left` s.c and `right` e.c: of two staged tables, the key is the same.
std::string staged_match(const TablePlan& plan, std::string_view left, std::string_view right);
/// The target's column, quoted.
std::string target_column(const TablePlan& plan, std::size_t position);

/// UPDATE staging AS s: takes the values of these columns from the target's rows (alias t) where `condition`
/// holds.
std::string fill_staged_sql(const TablePlan& plan, const TargetName& staging,
                            const std::vector<std::size_t>& columns, const std::string& condition);

/// Makes the tables, or empties them where they can be there already: in PostgreSQL they last as long as the
/// session and empty themselves at commit, in DuckDB they are made anew.
std::string create_staging_sql(const TablePlan& plan, const std::vector<StagingTable>& tables);
/// Empties them inside a transaction that goes on (a later step of a large source transaction).
std::string clear_staging_sql(const TablePlan& plan, const std::vector<StagingTable>& tables);

/// Remembers which staging tables a session has. Used by the applier's thread.
class Staging {
 public:
    explicit Staging(WarehouseSession& session) : session_(session) {}

    /// Makes these tables of the plan's target and makes sure that they are empty.
    Status prepare(const TablePlan& plan, const std::vector<StagingTable>& tables);
    /// The warehouse transaction is over: staging is empty again (PostgreSQL).
    void transaction_ended() { used_.clear(); }

    /// What exists, for a ROLLBACK TO SAVEPOINT to bring back.
    struct Mark {
        std::uint64_t generation = 0;  ///< of the tables that were made last
        std::set<std::string> used;    ///< may hold rows of this transaction, by their first table
    };
    Mark mark() const { return {generation_, used_}; }
    void back_to(const Mark& mark);

 private:
    /// PostgreSQL: how tables of this session were made; a target that has another shape now has other ones.
    struct Made {
        std::string sql;  ///< empty: not known any more
        std::uint64_t generation = 0;
    };

    Status drop(const std::vector<StagingTable>& tables);

    WarehouseSession& session_;
    std::map<std::string, Made> made_;  ///< by their first table
    std::uint64_t generation_ = 0;
    std::set<std::string> used_;
};

/// Kind Data: an event of Kafka that builds on a row which the target does not have.
Error values_missing(const TablePlan& plan);
/// The error of a change that finds fewer rows in the target than it must: kind Refused.
Error rows_missing(const TablePlan& plan, std::uint64_t wanted, std::uint64_t found);

/// Which data fields of a load row have no value.
std::vector<std::size_t> unchanged_columns(std::string_view row);
/// Appends fields, with those without value as NULL.
void append_without_unchanged(std::string& to, std::string_view fields);

}  // namespace walferry
