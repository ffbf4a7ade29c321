#pragma once

#include <map>
#include <optional>
#include <string>

#include "config/alert_config.h"
#include "model/change.h"

namespace walferry {

/// What is told of an alert.
struct AlertMessage {
    std::string pipeline;
    std::string alert;
    bool firing = true;  ///< else resolved
    std::string when;
    std::optional<double> value;  ///< of its quantity, now; empty while unknown
    PgTime since = 0;             ///< the condition began to hold
    PgTime at = 0;                ///< now
    std::string reason;           ///< of the pipeline's state; may be empty
    std::string runbook;
    std::string host;
};

/// One JSON object in one line. `text` is for Slack's incoming webhooks (its &, < and > are escaped as they
/// want it); the other fields are ours: pipeline, alert, state (firing, resolved), when, value (null while
/// unknown or without end), since, at, reason, runbook, host.
std::string alert_json(const AlertMessage& message);

/// The same as environment variables WALFERRY_ALERT_*; the value is empty where the JSON has null.
std::map<std::string, std::string> alert_environment(const AlertMessage& message);

/// The section of our runbook for alerts of a quantity.
std::string runbook_section(AlertQuantity quantity);

}  // namespace walferry
