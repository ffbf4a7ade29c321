#pragma once

#include <string>
#include <vector>

#include "apply/table_plan.h"
#include "checkpoint/control_schema.h"
#include "model/change.h"

namespace walferry {

/// A copy of a table of which a target has rows already: loaded into a table beside (in the control schema),
/// then brought into the target in the transaction that ends the copy. Readers see the target as it was until
/// then, and histories and logs lose nothing of what they keep.

/// The table beside, with all columns of the target.
TargetName copy_beside(const TablePlan& plan, const ControlSchema& control);
/// Makes it, empty. It refuses the rows that the target would, as far as one can tell by a row: those become
/// dead letters while they are loaded. What only the target sees (references, triggers) fails the end of the
/// copy.
Status create_copy_beside(WarehouseSession& session, const TablePlan& plan, const ControlSchema& control);
std::string drop_copy_beside_sql(const TablePlan& plan, const ControlSchema& control);
/// Those of a table that is not captured any more, where a copy of it was interrupted.
std::string drop_copies_beside_sql(const ControlSchema& control, RelationId source, std::size_t targets);

/// What the table beside was copied at.
struct MergeMoment {
    Lsn position;
    PgTime time = 0;  ///< for a history: not before anything that it has
};
/// Brings the table beside into the target, in the session's open transaction: an upsert target as
/// row_exchange.h says, and so does a history, but for one that has no rows yet: that takes them as they are,
/// as does a log. `has_key_index`: the target tells rows apart by this key already; without it all rows of
/// an upsert target are replaced, for the old ones can have any key twice. Kind Refused when the target
/// does not take the rows.
Status merge_copy(WarehouseSession& session, const TablePlan& plan, const ControlSchema& control,
                  const MergeMoment& moment, bool has_key_index);

}  // namespace walferry
