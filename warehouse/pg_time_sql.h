#pragma once

#include <string>
#include <string_view>

#include "warehouse/warehouse.h"

namespace walferry {

/// SQL of a timestamptz column as a whole number of microseconds since 2000 (PgTime).
std::string microseconds_sql(WarehouseKind kind, std::string_view column);

}  // namespace walferry
