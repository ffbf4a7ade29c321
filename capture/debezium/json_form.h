#pragma once

#include <string>
#include <string_view>

#include "capture/debezium/connect_value.h"

namespace walferry::debezium {

/// Writes the value as JSON, without blanks; numbers with the digits that they came with, bytes as base64.
void append_json(std::string& to, const ConnectValue& value);

/// Writes an object of texts as hstore prints it. False when it is none.
bool append_hstore(std::string& to, const ConnectValue& object);
/// The same for an object that is a text of JSON (hstore.handling.mode=json).
bool append_hstore_of_json(std::string& to, std::string_view json);

}  // namespace walferry::debezium
