#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apply/column_transforms.h"
#include "apply/contract.h"
#include "apply/refusal/refusal.h"
#include "apply/table_plan.h"

namespace walferry {

/// How often rows broke a contract, by source table, column and rule.
struct ViolationKey {
    std::string table, column, rule;

    auto operator<=>(const ViolationKey&) const = default;
};
using Violations = std::map<ViolationKey, std::uint64_t>;

/// The error of a row that breaks a contract which says to stop.
Error contract_stops(const std::string& table, const Refusal& refusal);

/// What the reader does with every event of a table before anybody else gets it, for one version of its
/// relation: the row is held against the table's contract, then column rules take out what must not be seen.
/// One thread.
class EventRules {
 public:
    /// Kind Schema when the relation lacks a column with a rule, Configuration when the contract does not fit
    /// a column, Refused when the relation itself breaks the contract.
    /// `before`: the rules of the relation before this one, where the reader has seen one: it can be ahead of
    /// the plan.
    static Result<EventRules> make(const TablePlan& plan, const Relation& relation,
                                   const EventRules* before = nullptr);

    /// Neither contract nor column rules.
    bool empty() const { return !contract_ && !transforms_; }
    std::uint64_t relation_version() const { return relation_version_; }
    /// The plan is another one: they have to be made anew.
    void outdate() { relation_version_ = 0; }

    /// Why the event's new row must not be applied, by the contract; nothing where it may. Counts what it
    /// breaks. Kind Refused where the contract says to stop.
    Result<std::optional<Refusal>> judge(const ChangeEvent& event, Violations& violations);
    /// The event as everybody may see it. Holds as long as `event`, and until the next call.
    ChangeEvent transform(const ChangeEvent& event);

 private:
    EventRules(const TablePlan& plan, const Relation& relation)
        : table_(plan.source.qualified_name()),
          on_violation_(plan.contract.on_violation),
          relation_version_(relation.version) {}

    std::string table_;
    OnViolation on_violation_;
    std::uint64_t relation_version_;
    std::vector<std::string> columns_;  ///< of the relation
    std::optional<Contract> contract_;
    std::optional<ColumnTransforms> transforms_;
    ColumnTransforms::Scratch scratch_;
};

}  // namespace walferry
