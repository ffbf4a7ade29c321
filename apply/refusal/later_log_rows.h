#pragma once

#include <map>
#include <string>
#include <vector>

#include "apply/table_plan.h"
#include "model/change.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// Positions at the source by key, as the load fields of it.
using KeyPositions = std::map<std::string, SequenceKey>;

/// Those of the keys of which a change log has an event from after the position: what it does not say itself,
/// it took from the version before it, so the log knows the newest values again. Rows of a copy do not count,
/// for nothing tells which of the events around its snapshot they have. In the session's open transaction.
Result<std::vector<std::string>> keys_with_later_rows(WarehouseSession& session, const TablePlan& plan,
                                                      const KeyPositions& keys);

}  // namespace walferry
