#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "config/config.h"
#include "dlq/dead_letter_store.h"

namespace walferry {

/// The dead letters of a configuration for a one-shot command: through the running service, or straight from
/// the warehouse. What is read goes through the service only where it holds a DuckDB file; what is written
/// always does while it runs.
class DeadLetterAccess {
 public:
    explicit DeadLetterAccess(const Config& config) : config_(config) {}

    /// Gives every letter, in the order of their commits, as an object of `letter_json`.
    Status list(const DeadLetterFilter& filter,
                const std::function<void(nlohmann::ordered_json letter)>& take) const;

    /// The ids of those that were open.
    Result<std::vector<std::int64_t>> discard(const std::vector<std::int64_t>& ids) const;

    /// Tries the letters in the order given, which is that of their commits; `take` gets results as in
    /// `results_json`, some at a time.
    Status replay(const std::vector<std::int64_t>& ids,
                  const std::function<void(const nlohmann::ordered_json& results)>& take) const;

 private:
    const Config& config_;
};

}  // namespace walferry
