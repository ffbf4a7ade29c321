#pragma once

#include <functional>
#include <memory>

#include "warehouse/warehouse.h"

namespace walferry {

/// Opens a session of the warehouse that the pipeline uses now; an error while it uses none. Thread-safe.
using SessionSource = std::function<Result<std::unique_ptr<WarehouseSession>>()>;

}  // namespace walferry
