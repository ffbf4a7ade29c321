#pragma once

#include <string>

#include "pipeline/contract_check.h"

namespace walferry {

/// A line for each rule, and for each way in which a table's shape breaks its contract.
std::string contract_report_text(const ContractReport& report);

/// `{"tables": [{"table", "rows", "breaches": […], "rules": [{"column", "rule", "violations", "examples":
/// [{key}]}]}]}`
std::string contract_report_json(const ContractReport& report);

}  // namespace walferry
