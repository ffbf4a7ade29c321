#include "apply/event_rules.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "apply/contract_schema.h"

namespace walferry {

namespace {

Status check_shape(const TablePlan& plan, const Relation& relation) {
    for (const ContractBreach& breach : schema_breaches(plan.contract, relation, plan.source)) {
        const std::string message =
            fmt::format("{} breaks its contract: {}", relation.qualified_name(), breach.message);
        if (plan.contract.on_violation != OnViolation::Warn) {
            return Error{ErrorKind::Refused, message,
                         "change the table at the source, or the contract in its rule; then `walferry check "
                         "CONFIG` and `walferry run CONFIG`",
                         ""};
        }
        spdlog::warn("{}", message);
    }
    return success();
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// The rules of those columns that must be in the relation, lest their values come under another name: the
/// ones that the table had, where the relation has a column that nobody knows.
ColumnRules wanted_rules(const TablePlan& plan, const Relation& relation, std::vector<std::string> had) {
    for (const SourceColumn& column : plan.source.columns) {
        if (!column.dropped) had.push_back(column.name);
    }
    const bool all_known =
        std::all_of(relation.columns.begin(), relation.columns.end(), [&](const Column& column) {
            return contains(had, column.name) || plan.configured_rules.of(column.name) != ColumnRule::Clear;
        });
    return all_known ? ColumnRules{} : plan.configured_rules.among(had);
}

}  // namespace

Error contract_stops(const std::string& table, const Refusal& refusal) {
    return Error{ErrorKind::Refused, fmt::format("{}: {}", table, refusal.message),
                 "correct the row at the source, or change the contract or its on_violation; then `walferry "
                 "run CONFIG`",
                 ""};
}

Result<EventRules> EventRules::make(const TablePlan& plan, const Relation& relation,
                                    const EventRules* before) {
    EventRules rules(plan, relation);
    for (const Column& column : relation.columns) rules.columns_.push_back(column.name);
    if (!plan.contract.empty()) {
        WALFERRY_TRYV(check_shape(plan, relation));
        WALFERRY_TRY(contract, Contract::make(plan.contract, plan.source, plan.column_rules, &relation));
        if (!contract.empty()) rules.contract_ = std::move(contract);
    }
    if (!plan.configured_rules.empty()) {
        const ColumnRules wanted =
            wanted_rules(plan, relation, before == nullptr ? std::vector<std::string>{} : before->columns_);
        WALFERRY_TRY(transforms, ColumnTransforms::make(wanted, relation, plan.configured_rules));
        rules.transforms_ = std::move(transforms);
    }
    return rules;
}

Result<std::optional<Refusal>> EventRules::judge(const ChangeEvent& event, Violations& violations) {
    if (!contract_ || event.after.empty()) return std::optional<Refusal>{};
    const auto broken = contract_->broken(event.after);
    if (broken.empty()) return std::optional<Refusal>{};
    for (const std::size_t rule : broken) {
        const ContractRule& what = contract_->rules()[rule];
        ++violations[{table_, what.column, std::string(what.name)}];
    }
    Refusal refusal{DeadLetterStage::Contract, std::string(contract_->rules()[broken.front()].name),
                    contract_->describe(broken.front(), event.after).message};
    switch (on_violation_) {
        case OnViolation::DeadLetter:
            return std::optional<Refusal>{std::move(refusal)};
        case OnViolation::Warn:
            return std::optional<Refusal>{};
        case OnViolation::Stop:
            break;
    }
    return contract_stops(table_, refusal);
}

ChangeEvent EventRules::transform(const ChangeEvent& event) {
    return transforms_ ? transforms_->apply(event, scratch_) : event;
}

}  // namespace walferry
