#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace walferry {

/// What a contract says about one column, by its name at the source.
struct ColumnContract {
    std::string name;
    std::string type;  ///< that the column must have at the source; empty: any
    bool not_null = false;
    std::vector<std::string> accepted_values;  ///< empty: any
    bool has_range = false;
    std::optional<std::string> low, high;  ///< inclusive; empty: open
    std::string matches;                   ///< RE2 pattern that must occur in the value; empty: none
    std::string key;                       ///< tables[0].contract.columns.total, for messages
    int line = 0;
};

enum class OnViolation { DeadLetter, Warn, Stop };

/// `contract:` of a table rule.
struct ContractConfig {
    std::vector<std::string> required;  ///< columns that each matched table must have
    std::vector<ColumnContract> columns;
    std::chrono::milliseconds freshness{0};  ///< 0: none
    OnViolation on_violation = OnViolation::DeadLetter;

    /// Whether it says nothing about rows or columns.
    bool empty() const { return required.empty() && columns.empty(); }
};

}  // namespace walferry
