#pragma once

#include <functional>
#include <nlohmann/json.hpp>

#include "config/config.h"
#include "pipeline/verify/verify_report.h"

namespace walferry {

/// Compares through the running service, or by itself when none runs.
class VerifyAccess {
 public:
    explicit VerifyAccess(const Config& config) : config_(config) {}

    /// Lines as the service's route writes them (verify_routes.h), but for the last one; `take` is told each.
    /// Gives the results of the last one.
    Result<nlohmann::ordered_json> verify(
        const VerifyOptions& options, const std::function<void(const nlohmann::ordered_json&)>& take) const;

 private:
    const Config& config_;
};

}  // namespace walferry
