#include "pipeline/contract_findings.h"

#include <fmt/format.h>

#include "apply/contract.h"
#include "apply/contract_schema.h"
#include "config/error_lines.h"

namespace walferry {

Finding ContractFindings::mistake(int line, const std::string& key, const std::string& message) const {
    return {.is_error = true,
            .subject = "contract",
            .message = fmt::format("{}:{}: {}: {}", config_file_, line, key, message),
            .fix = "",
            .is_configuration = true};
}

void ContractFindings::see(const SourceTable& source, const TableRule& rule) {
    if (rule.contract.empty()) return;
    for (const SourceColumn& column : source.columns) columns_[&rule].insert(column.name);
    for (const ContractProblem& problem : contract_problems(rule.contract, source)) {
        findings_.push_back(mistake(problem.line, problem.key,
                                    fmt::format("{} ({})", problem.message, source.qualified_name())));
    }
    const bool refuses = rule.contract.on_violation != OnViolation::Warn;
    for (const ContractBreach& breach : schema_breaches(rule.contract, source)) {
        findings_.push_back({refuses, source.qualified_name(), "breaks its contract: " + breach.message,
                             "change the table at the source, or the contract in its rule"});
    }
}

std::vector<Finding> ContractFindings::take() {
    for (const auto& [rule, columns] : columns_) {
        for (const ColumnContract& column : rule->contract.columns) {
            if (columns.contains(column.name)) continue;
            findings_.push_back(mistake(
                column.line, column.key,
                fmt::format("no table that {} matches has published such a column, allowed: columns of the "
                            "source",
                            shown(rule->match))));
        }
    }
    return std::move(findings_);
}

}  // namespace walferry
