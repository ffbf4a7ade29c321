#pragma once

#include <string>

#include "apply/staging_table.h"

namespace walferry {

/// A source transaction that is larger than a batch comes in steps, and a key can change in several of them;
/// still it gets one version. So a step takes back what an earlier one did to its keys: the version that the
/// transaction opened goes, the one that it ended is current again, and the key's newer state is compared
/// with that. For this the keys whose current version the transaction has ended are noted in a table of their
/// own: pure text, like history_plan.h, whose staged states these statements read (column x: the key's first
/// state belongs to the transaction that earlier steps began).
StagingTable ended_staging(const TablePlan& plan);

/// Before end truncated: notes the keys of all current versions.
std::string note_truncated_sql(const TablePlan& plan);
/// Before close: notes keys of current versions, and of staged ones, that states of the transaction end.
std::string note_ended_sql(const TablePlan& plan, Lsn transaction);
std::string note_ended_staged_sql(const TablePlan& plan, Lsn transaction);

/// After fill, in this order: for keys of x states the newer version goes, the older one is current again,
/// and is not noted as ended any more.
std::string remove_opened_sql(const TablePlan& plan, Lsn transaction);
std::string reopen_ended_sql(const TablePlan& plan);
std::string forget_ended_sql(const TablePlan& plan);

/// A TRUNCATE of the transaction: versions that it opened itself were never visible to anyone.
std::string remove_truncated_sql(const TablePlan& plan, Lsn transaction);

}  // namespace walferry
