#pragma once

#include <string>
#include <string_view>

/// UUIDs that follow from a name (RFC 9562), without a name space.
namespace walferry {

/// Version 3, UUID.nameUUIDFromBytes of Java. Empty where MD5 is forbidden.
std::string name_uuid(std::string_view name);

/// Version 5, by SHA-1. Empty where that is forbidden.
std::string sha1_name_uuid(std::string_view name);

}  // namespace walferry
