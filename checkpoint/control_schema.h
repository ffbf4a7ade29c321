#pragma once

#include "model/error.h"
#include "warehouse/control_names.h"

namespace walferry {

/// Version of the control tables that this build writes.
inline constexpr int control_version = 2;

/// Creates what is missing of schema and tables. Tables of a newer version, or of an older one that this
/// build can't bring forward, give kind Schema. Runs in a transaction of its own.
Status create_control_schema(WarehouseSession& session, const ControlSchema& control);

/// Kind Schema when the control tables are not of this build's version. Writes nothing.
Status check_control_version(WarehouseSession& session, const ControlSchema& control);

/// Whether the control tables exist (any pipeline's).
Result<bool> has_control_schema(WarehouseSession& session, const ControlSchema& control);

/// Removes the pipeline's rows; the last pipeline takes the schema with it.
Status drop_control_rows(WarehouseSession& session, const ControlSchema& control);

}  // namespace walferry
