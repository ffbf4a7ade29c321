#include "pipeline/replay/letter_contract.h"

#include <fmt/format.h>

#include "apply/contract.h"

namespace walferry {

namespace {

/// What a contract says about a column whose letters do not have the source's values.
ColumnContract without_values(const ColumnContract& column) {
    ColumnContract left;
    left.name = column.name;
    left.not_null = column.not_null;
    left.key = column.key;
    left.line = column.line;
    return left;
}

bool has_value_rules(const ColumnContract& column) {
    return !column.accepted_values.empty() || column.has_range || !column.matches.empty();
}

}  // namespace

Status check_contract(const TablePlan& plan, DeadLetterStage stage, TupleData row) {
    if (plan.contract.empty() || plan.contract.on_violation == OnViolation::Warn) return success();
    ContractConfig visible = plan.contract;
    visible.columns.clear();
    for (const ColumnContract& column : plan.contract.columns) {
        const ColumnRule rule = plan.column_rules.of(column.name);
        if (rule != ColumnRule::Clear && stage == DeadLetterStage::Contract && has_value_rules(column)) {
            return Error{ErrorKind::Data,
                         fmt::format("the contract has rules about column {}, whose value the letter does "
                                     "not have in clear: correct the row at the source",
                                     column.name),
                         "", "contract"};
        }
        if (rule == ColumnRule::Exclude) continue;
        visible.columns.push_back(rule == ColumnRule::Clear ? column : without_values(column));
    }
    WALFERRY_TRY(contract, Contract::make(visible, plan.source, plan.column_rules));
    const Violation* violation = contract.check(row);
    if (violation == nullptr) return success();
    return Error{ErrorKind::Data, "the contract is violated: " + violation->message, "",
                 std::string(contract.rules()[violation->rule].name)};
}

}  // namespace walferry
