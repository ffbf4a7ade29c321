#pragma once

#include <string>
#include <vector>

#include "apply/staging_table.h"

namespace walferry {

/// The statements that bring one batch's key states from staging into a history table: pure text, made from
/// the plan. A staged state has these columns:
///
///   k  number of its key       n  order, within a key and over all      e  the key may have a current
///   version f  first of a key that may have one: to be compared with it       u  to be compared with the
///   state before g  group of states with the same unchanged columns, 0 without       p  the key has a row
///   then ts, lsn  when          c0 … cn  the row (only the key when p is false)      b0 … bk  the base key
///   of g > 0
///
/// x: see step_plan.h; z, d: see latest_plan.h. Run in this order: fill (a group), raise, end truncated, drop
/// same as before, never there, same as current, hold, close, open.
StagingTable history_staging(const TablePlan& plan);

/// Takes values that the stream did not carry from the version that was current before the batch.
std::string fill_states_sql(const TablePlan& plan, int group, const std::vector<std::size_t>& unchanged);
/// A state is never before what the history says of its key already: clocks step back, log order decides.
/// Looks at current versions, or at all of them: that takes time where the history is long.
std::string raise_times_sql(const TablePlan& plan, bool all_versions);
/// Ends every current version whose key has no staged state: the table was truncated then.
std::string end_truncated_sql(const TablePlan& plan, PgTime time);
/// Removes states, marked u, that change no tracked column of the state before. First, for it needs that one.
std::string drop_same_as_before_sql(const TablePlan& plan);
/// Removes what would end the current version of a key that has none.
std::string drop_never_there_sql(const TablePlan& plan);
/// Removes states that change no tracked column of the current version.
std::string drop_same_as_current_sql(const TablePlan& plan);
/// A state that stayed is never before one of its key that stayed, too.
std::string hold_times_sql(const TablePlan& plan);
std::string close_versions_sql(const TablePlan& plan);
std::string open_versions_sql(const TablePlan& plan);

/// The staged states, and the history's own column at this place (history_place), in SQL.
std::string staged_states(const TablePlan& plan);
std::string history_column(const TablePlan& plan, std::size_t place);
/// SQL literal of a point in time.
std::string time_literal(const TablePlan& plan, PgTime time);

}  // namespace walferry
