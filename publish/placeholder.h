#pragma once

#include <string>

#include "publish/type_plan.h"

namespace walferry::publish {

/// Writes what stands for an unchanged value that the stream left out; `unavailable` as in ValueOptions.
void write_placeholder(Placeholder placeholder, const std::string& unavailable, ValueSink& sink);

}  // namespace walferry::publish
