#pragma once

#include <map>
#include <set>
#include <vector>

#include "tests/integration/oracle/source_log.h"

namespace walferry::testing {

/// Where a table's first copy ends and its stream begins: the transactions of SourceLog that the copy saw.
///
/// Nobody but walferry knows which snapshot it copied, so its data must tell, without being believed: the log
/// (append) says which transactions were streamed; all others must have been seen by the copy, and then the
/// rows that the log calls copied (r) are exactly what those others left behind. If walferry lost a streamed
/// transaction, the copied rows do not have its effect; if it streamed one that the copy saw too, they have
/// it although the log says that they must not. Either way state and rows differ, and the judge says so. (One
/// case stays: lost transactions that leave no trace in the state at the seam. Therefore the first choice is
/// the plain one: what lies before the first streamed transaction was seen, all after it was not. Only where
/// that does not fit, what is missing near the seam may have been seen as well, since a snapshot taken while
/// others stream goes by visibility, and a commit is in the write-ahead log a moment before it is visible.)
///
/// The history (scd2) of the table came from the same copy, so the same seam holds for it; without a log
/// beside it a test says where it is (seam_before).
struct Seam {
    std::set<std::size_t> copied;  ///< indexes of transactions

    bool operator==(const Seam&) const = default;
};

/// The transactions that were committed when the source's write-ahead log ended here.
Seam seam_before(const SourceLog& log, Lsn position);

/// All transactions of the table before the first of `streamed`; with `near`, also those missing in
/// `streamed` within some transactions after it.
Seam seam_of_stream(const SourceLog& log, std::size_t table, const std::set<std::size_t>& streamed,
                    bool near);

/// A table's rows as a multiset.
using RowCounts = std::map<ValueRow, std::int64_t>;

/// What the transactions of the seam left in the table.
RowCounts rows_at(const SourceLog& log, std::size_t table, const Seam& seam);

}  // namespace walferry::testing
