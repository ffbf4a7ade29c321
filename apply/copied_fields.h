#pragma once

#include <string>

#include "apply/load_row.h"
#include "apply/table_plan.h"

namespace walferry {

/// When a copy was taken: what its rows say of themselves.
struct CopyMoment {
    Lsn snapshot_lsn;
    PgTime snapshot_time = 0;  ///< on the source's clock
    PgTime now = 0;            ///< on ours
};

/// Walferry's own fields of a copied row, in the plan's load form; the same for all rows of a copy.
std::string copied_own_fields(const TablePlan& plan, const CopyMoment& moment);

}  // namespace walferry
