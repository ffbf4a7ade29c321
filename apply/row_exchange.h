#pragma once

#include <string>
#include <vector>

#include "apply/table_plan.h"
#include "model/change.h"

namespace walferry {

/// Statements that make a target equal to `from`: an SQL table name, all of whose rows are the source's at
/// one position, under the target's names and types of the data columns (whatever else it has is not read).
/// They are run in this order in one transaction, so that readers see the target as it was and then as it
/// has to be. What is equal already is not touched: it keeps its position and time. Pure text.
///
/// `keys_table`: where it is not empty, an SQL table name with the plan's key columns under the target's
/// names; rows of other keys stay as they are, in the target, whatever `from` has of them. Keys may stand in
/// it more than once. A plan without key takes none.
///
/// Columns that the source has dropped are not compared: rows that nobody changes keep what they had in them.

/// Of an upsert target. With key: what `from` lacks goes as the table's on_delete says, what differs is
/// replaced, what is missing is added. PostgreSQL updates in place, so that what refers to the rows lives on.
/// Without key all rows are replaced. `position` becomes the rows' _walferry_lsn.
std::vector<std::string> exchange_rows_sql(const TablePlan& plan, const std::string& from,
                                           const std::string& keys_table, Lsn position);
/// The same by replacing all rows, also those that were marked as deleted.
std::vector<std::string> replace_rows_sql(const TablePlan& plan, const std::string& from, Lsn position);

/// Of a history: ends current versions that `from` lacks or that differ from it in a tracked column, and
/// begins what differs or is missing, at `time`. That must not be before anything the history has: at least
/// Checkpoint::latest_commit_time.
std::vector<std::string> merge_history_sql(const TablePlan& plan, const std::string& from,
                                           const std::string& keys_table, PgTime time, Lsn position);

/// Of a change log: adds the rows of `from` as `r`, seen at `time` and `position`. All rows where there is no
/// keys_table.
std::vector<std::string> add_log_rows_sql(const TablePlan& plan, const std::string& from,
                                          const std::string& keys_table, PgTime time, Lsn position);

/// SELECT of the keys, once each and under the target's names, that the statements above would change: those
/// that are missing in the target, that differ, and that `from` lacks, where that is to be seen in the
/// target. Of a history the current versions are compared, in their tracked columns. Empty where nothing can
/// be told key by key: for a log, and without key.
std::string differing_keys_sql(const TablePlan& plan, const std::string& from);

}  // namespace walferry
