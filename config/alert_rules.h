#pragma once

#include <vector>

#include "config/alert_config.h"
#include "config/error_lines.h"
#include "config/settings.h"

namespace walferry {

/// The items of `alerts`. What is wrong with one goes into `errors`.
std::vector<AlertConfig> read_alerts(const Settings& settings, ErrorLines& errors);

}  // namespace walferry
