#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "config/alert_config.h"
#include "pipeline/alerts/alert_lane.h"
#include "pipeline/alerts/alert_readings.h"
#include "pipeline/alerts/alert_state.h"

namespace walferry {

/// Looks at the pipeline's status once a second and tells of alerts that begin and end to fire. It works from
/// memory, so also while source and warehouse are away; what it has told is in memory, too, so a new process
/// tells anew what still fires. A listener that fails or hangs holds up its own alert only.
class AlertNotifier {
 public:
    AlertNotifier(const std::vector<AlertConfig>& alerts, std::function<StatusReport()> status);
    ~AlertNotifier();
    AlertNotifier(const AlertNotifier&) = delete;
    AlertNotifier& operator=(const AlertNotifier&) = delete;

    /// From now on these. One that is as before goes on; the others begin anew, and what fired is forgotten.
    /// Any thread.
    void use(const std::vector<AlertConfig>& alerts);
    /// The pipeline has ended: where it has failed, what that means for the alerts is told, and what waits is
    /// delivered, some seconds at most. After it nothing is looked at any more.
    void end();

 private:
    struct Watch {
        AlertConfig config;
        AlertState state;
        std::unique_ptr<AlertLane> lane;
    };

    void run(std::stop_token stop);
    void look();
    static void look_at(Watch& watch, const AlertReadings& readings, const StatusReport& report,
                        AlertReadings::Clock::time_point now);

    const std::function<StatusReport()> status_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    AlertReadings readings_;
    std::vector<std::unique_ptr<Watch>> watches_;
    std::jthread thread_;
};

}  // namespace walferry
