#pragma once

#include <map>
#include <string>

#include "config/column_rules.h"
#include "config/error_lines.h"
#include "config/settings.h"

namespace walferry {

/// Reads `exclude_columns`, `hash_columns` and `mask_columns` of the rule at `path` (`tables[0]`), and the
/// secret from the environment where it is needed. `types` are the rule's own, which can't be about these.
ColumnRules read_column_rules(const Settings& settings, ErrorLines& errors, const std::string& path,
                              const std::map<std::string, std::string>& types);

}  // namespace walferry
