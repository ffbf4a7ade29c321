#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/config.h"
#include "model/source_table.h"
#include "pipeline/table_planning.h"

namespace walferry {

/// What stands against the contracts of table rules, once the tables are known. A mistake in the contract
/// itself (a column that none of the rule's tables has, a rule that does not fit its column's type) is the
/// configuration's; a table that breaks it is an error, or a warning where on_violation is warn.
class ContractFindings {
 public:
    explicit ContractFindings(std::string config_file) : config_file_(std::move(config_file)) {}

    void see(const SourceTable& source, const TableRule& rule);
    std::vector<Finding> take();

 private:
    Finding mistake(int line, const std::string& key, const std::string& message) const;

    std::string config_file_;
    std::vector<Finding> findings_;
    std::map<const TableRule*, std::set<std::string>> columns_;  ///< of all tables of the rule
};

}  // namespace walferry
