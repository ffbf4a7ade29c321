#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "config/alert_config.h"
#include "pipeline/pipeline_status.h"

namespace walferry {

/// What a quantity is now.
struct AlertReading {
    double value = 0;
    bool at_worst = false;  ///< it may be less: the truth is out of reach now
    bool last = false;      ///< it stays so until a person does something
};

/// Whether a condition holds; empty where that can't be told: of a reading at worst only that it may exceed a
/// limit.
std::optional<bool> holds(const AlertCondition& condition, const std::optional<AlertReading>& reading);

/// Reads the quantities of alerts out of a series of statuses, about one a second. What a status does not
/// know, or knows from a time that has passed, is unknown here, and does not look like 0. Not thread-safe.
class AlertReadings {
 public:
    using Clock = std::chrono::steady_clock;

    void take(const StatusReport& report, Clock::time_point now, PgTime wall_now);
    /// Of the newest status; empty while unknown.
    std::optional<AlertReading> of(AlertQuantity quantity) const;

 private:
    Clock::time_point broken_until(Clock::time_point now) const;
    void take_lag(const StatusReport& report, Clock::time_point now, bool source_seen);
    void take_freshness(const StatusReport& report, PgTime wall_now);

    std::map<AlertQuantity, AlertReading> readings_;
    bool streams_ = false;
    bool settled_ = false;                              ///< it has streamed for some seconds
    std::optional<Clock::time_point> streaming_since_;  ///< empty while it does not
    std::optional<Clock::time_point> broken_since_;     ///< empty while settled
    double trusted_lag_ = 0;
    std::optional<Clock::time_point> trusted_at_;   ///< when the lag was known last
    std::map<std::string, PgTime> newest_commits_;  ///< by table
};

}  // namespace walferry
