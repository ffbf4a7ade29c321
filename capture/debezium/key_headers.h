#pragma once

#include <string_view>

namespace walferry::debezium {

/// A change of a key is a delete, which has the new key in this header, and a create, which has the old one.
inline constexpr std::string_view new_key_header = "__debezium.newkey";
inline constexpr std::string_view old_key_header = "__debezium.oldkey";

}  // namespace walferry::debezium
