#pragma once

#include <string>

#include "publish/type_plan.h"

namespace walferry::publish {

/// The name-based UUID (RFC 9562, version 3, without namespace) of some bytes, as Java's nameUUIDFromBytes.
std::string name_uuid(const std::string& bytes);

/// Writes what stands for an unchanged value that the stream left out; `unavailable` as in ValueOptions.
void write_placeholder(Placeholder placeholder, const std::string& unavailable, ValueSink& sink);

}  // namespace walferry::publish
