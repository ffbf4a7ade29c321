#pragma once

#include <string>

#include "pipeline/preflight.h"

namespace walferry {

/// What `check` prints: a line for each finding, and its fix with the configuration's path below it.
std::string findings_text(const PreflightReport& report, const std::string& config_path);

}  // namespace walferry
