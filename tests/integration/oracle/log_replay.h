#pragma once

#include <string>
#include <vector>

#include "tests/integration/oracle/target_rows.h"

namespace walferry::testing {

/// What follows from a change log and from nothing else: the rows that there are in the end, and every
/// version that there was. The log is of a table with a key, for else it does not say which row changed.
struct ReplayedLog {
    RowCounts rows;
    std::vector<StoredVersion> versions;
};
ReplayedLog replay_log(const OracleTable& table, const std::vector<LoggedRow>& log, ValuePool& pool);

/// Whether the upsert and scd2 targets of a table under their default names are what its append target,
/// replayed, says; positions and times included. Empty when they are.
std::string log_replay_differences(const TargetReader& reader, const OracleTable& table, ValuePool& pool);

}  // namespace walferry::testing
