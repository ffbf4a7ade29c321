#pragma once

#include <string>

#include "config/contract_config.h"
#include "config/error_lines.h"
#include "config/settings.h"

namespace walferry {

/// Reads `contract` of the rule at `path` (`tables[0]`); what its types do not say is checked here, patterns
/// among it.
ContractConfig read_contract(const Settings& settings, ErrorLines& errors, const std::string& path);

}  // namespace walferry
