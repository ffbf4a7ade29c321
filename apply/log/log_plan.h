#pragma once

#include <string>
#include <vector>

#include "apply/staging_table.h"

namespace walferry {

/// The statements for events whose unchanged values have to be taken from a change log itself: pure text. The
/// staged rows have all columns of the log as c0 … cn, and
///
///   g   group of rows with the same unchanged columns      b0 … bk   the key whose latest row has their
///   values
StagingTable log_staging(const TablePlan& plan);

/// Takes the values from the latest row of the base key. Where that has none, `_unchanged` goes on to say so.
std::string fill_log_sql(const TablePlan& plan, int group, const std::vector<std::size_t>& unchanged);
std::string insert_log_sql(const TablePlan& plan);

/// The names of columns as a JSON array: what `_unchanged` says.
std::string unchanged_json(const TablePlan& plan, const std::vector<std::size_t>& unchanged);

}  // namespace walferry
