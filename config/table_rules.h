#pragma once

#include <vector>

#include "config/config.h"
#include "config/settings.h"

namespace walferry {

/// The rules of `tables`. What is wrong with one goes into `errors`.
std::vector<TableRule> read_table_rules(const Settings& settings, ErrorLines& errors);

}  // namespace walferry
