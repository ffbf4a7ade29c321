#pragma once

#include <string>

#include "warehouse/warehouse.h"

namespace walferry {

/// Whether a target's column can be altered from one SQL type (as the session prints it) to another in place,
/// so that every value that it can have is the same value then.
bool widens(WarehouseKind kind, const std::string& from, const std::string& to);

}  // namespace walferry
