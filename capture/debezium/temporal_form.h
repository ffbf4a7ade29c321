#pragma once

#include <string>

#include "capture/debezium/column_form.h"
#include "capture/debezium/connect_value.h"

namespace walferry::debezium {

/// Appends a date, time, point of time or interval, from a count or from ISO 8601, whichever it is. False
/// when it is none, or not within the type's range. Pure.
bool append_temporal(std::string& to, const ConnectValue& value, const ColumnForm& form);

}  // namespace walferry::debezium
