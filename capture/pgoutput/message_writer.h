#pragma once

#include <string>

#include "model/change.h"

namespace walferry {

/// Appends an insert, update or delete to `message` as protocol 1 sends it (PostgreSQL documentation,
/// "Logical Replication Message Formats"): the opposite of Decoder and `to_change`. The event's own `message`
/// is not looked at, so it may be written into the string that replaces it.
void write_change_message(const ChangeEvent& event, std::string& message);

/// The same for a TRUNCATE of this table alone.
void write_truncate_message(const Relation& relation, std::string& message);

}  // namespace walferry
