#pragma once

#include <string>
#include <vector>

#include "apply/staging_table.h"

namespace walferry {

/// A history that tracks some columns only keeps a version as it began, also while other columns change. Then
/// a change that leaves a large value out (unchanged TOAST) means the newest one, not that of the version: so
/// the newest row of such a key stands in a table beside (TablePlan::latest) until a version begins again.
/// Pure text, like history_plan.h, whose staged states these statements read: z marks a key's last state, d
/// one that begins no version.
std::string create_latest_sql(const TablePlan& plan);

/// After fill: values that the stream did not carry are those of the newest row, where there is one.
std::string fill_from_latest_sql(const TablePlan& plan, int group, const std::vector<std::size_t>& unchanged);
/// Then, in this order: the last states replace what is kept of their keys, states that begin no version go.
/// After drop unchanged, forget once more: keys whose last state begins a version need no other row.
std::string forget_latest_sql(const TablePlan& plan);
std::string keep_latest_sql(const TablePlan& plan);
std::string drop_staged_sql(const TablePlan& plan);

/// A TRUNCATE: keys that have no staged state are gone.
std::string forget_truncated_sql(const TablePlan& plan);

/// A copy that was merged: rows whose version stayed as it was, though other columns may differ. Two
/// statements.
std::vector<std::string> keep_copied_sql(const TablePlan& plan, const TargetName& beside, Lsn copied);

}  // namespace walferry
