#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "model/error.h"

namespace walferry {

/// A column of a key, with its value as it would stand in the warehouse: hashed where that is the rule.
struct KeyField {
    std::string column;
    std::string text;
    bool is_number = false;
};

/// What one rule of a contract came to.
struct RuleReport {
    static constexpr std::size_t examples_max = 5;

    std::string column;
    std::string rule;
    std::uint64_t violations = 0;
    std::vector<std::vector<KeyField>>
        examples;  ///< keys of the first rows that violate it; none without key
};

struct ContractTableReport {
    std::string table;                  ///< schema.table
    std::uint64_t rows = 0;             ///< that were looked at; none where no rule is about rows
    std::vector<std::string> breaches;  ///< of the table's shape: columns missing or of another type
    std::vector<RuleReport> rules;
};

struct ContractReport {
    std::vector<ContractTableReport> tables;

    bool has_violations() const;
};

/// Runs the contracts over the rows that the source has now, all tables in one snapshot and read-only, with
/// the very checks that `run` makes. Needs neither publication nor slot nor warehouse. A contract that does
/// not fit its tables is an error of kind Configuration.
Result<ContractReport> check_contracts(const Config& config);

}  // namespace walferry
