#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "pipeline/pipeline_status.h"

namespace walferry {

/// `status --json` and /api/v1/status: the fields of docs' interface, always all of them. Unknown is null: a
/// position or last commit that there is none of, a lag that is NaN, a row estimate below zero. A table has
/// `reason` only when there is one (excluded, failed), and `resyncs` is there only while some are open.
nlohmann::ordered_json status_json(const StatusReport& report);

/// The same for people: a block of facts and a table of the tables.
std::string status_text(const nlohmann::ordered_json& status);

/// Why the pipeline is not ready: it does not stream, a table is not there yet, or it lags. Empty when it is.
std::optional<std::string> not_ready_reason(const StatusReport& report, std::chrono::milliseconds lag_max);

}  // namespace walferry
