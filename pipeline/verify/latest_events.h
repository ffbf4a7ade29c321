#pragma once

#include <string>

#include "pipeline/verify/compared_table.h"

namespace walferry {

/// The latest rows that a change log of a table with key has, as an item of a FROM list with the compared
/// columns and `_lsn`: of each key the last event since the last TRUNCATE, unless it is a delete, or an
/// update that gave the row another key.
std::string latest_events_sql(const ComparedTable& table);

}  // namespace walferry
