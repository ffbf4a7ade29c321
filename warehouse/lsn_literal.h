#pragma once

#include <string>

#include "model/lsn.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// SQL literal of a log position: of type pg_lsn, or UBIGINT in DuckDB.
std::string lsn_literal(WarehouseKind kind, Lsn lsn);

}  // namespace walferry
