#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/column_rules.h"
#include "config/contract_config.h"
#include "model/change.h"
#include "model/error.h"
#include "model/source_table.h"

namespace walferry {

/// One rule of a contract: what violations are counted by (walferry_contract_violations_total{column,rule}).
struct ContractRule {
    std::string column;
    std::string_view name;  ///< not_null, accepted_values, range, matches
};

struct Violation {
    std::size_t rule = 0;  ///< index into Contract::rules
    std::string message;   ///< with 80 bytes of the value at most, and none of one that must not be seen
};

/// Something in a contract that can't be checked on a table: a mistake of the configuration.
struct ContractProblem {
    int line = 0;
    std::string key;
    std::string message;
};

/// A table rule's contract, compiled for the rows of one table in one shape. Checking allocates nothing
/// unless a row violates it. It wants values in clear, as the source sent them: before ColumnTransforms. One
/// thread.
class Contract {
 public:
    /// Rows are in the order of `relation`, else of `table`, which the types are taken from. What the
    /// contract says about columns that the table does not have is left out. Kind Configuration when a rule
    /// does not fit its column's type (see `contract_problems`).
    static Result<Contract> make(const ContractConfig& config, const SourceTable& table,
                                 const ColumnRules& hidden, const Relation* relation = nullptr);
    Contract(Contract&&) noexcept;
    Contract& operator=(Contract&&) noexcept;
    ~Contract();

    bool empty() const { return rules_.empty(); }
    const std::vector<ContractRule>& rules() const { return rules_; }
    std::uint64_t relation_version() const { return relation_version_; }

    /// The rules, by index, that a new row violates, each once. NULL violates not_null and nothing else; an
    /// unchanged TOAST value violates nothing: it was looked at when it was written. Holds until the next
    /// call.
    std::span<const std::size_t> broken(TupleData after);
    /// The first of them with its message, null when there is none. Holds until the next call.
    const Violation* check(TupleData after);
    /// The message of one of them.
    Violation describe(std::size_t rule, TupleData after) const;

 private:
    struct ColumnCheck;

    Contract();
    Status add_column(const ColumnContract& column, const SourceColumn& source, std::size_t index,
                      ColumnRule hidden);

    std::vector<std::unique_ptr<ColumnCheck>> checks_;
    std::vector<ContractRule> rules_;
    std::vector<const ColumnCheck*> check_of_rule_;
    std::vector<std::size_t> broken_;
    Violation violation_;
    std::uint64_t relation_version_ = 0;
};

/// What is wrong with a contract for this table: ranges on types without order, bounds and accepted values
/// that are no values of the type.
std::vector<ContractProblem> contract_problems(const ContractConfig& config, const SourceTable& table);

}  // namespace walferry
