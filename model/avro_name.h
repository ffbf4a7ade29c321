#pragma once

#include <string>
#include <string_view>

namespace walferry {

/// A name as Avro allows it ([A-Za-z_][A-Za-z0-9_]*), made as Debezium makes it with its naming modes `avro`:
/// each other character becomes `_`, and a digit in front gets one before it. Characters are those of UTF-16,
/// so that one beyond U+FFFF becomes two. Different names may become the same.
std::string avro_name(std::string_view name);

/// The same for each part of a name with points.
std::string avro_full_name(std::string_view name);

}  // namespace walferry
