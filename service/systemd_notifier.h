#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "pipeline/pipeline_status.h"

namespace walferry {

/// The pipeline's state as one line: `streaming at 0/1A2B3C4, lag 12.0 KiB, 0.3 s`.
std::string service_status_line(const StatusReport& report);

/// Tells systemd (sd_notify(3)) how the service is while this lives: READY once it copies or streams, STATUS,
/// and WATCHDOG for as long as no thread of the pipeline stands still (pipeline/thread_watch.h). A service
/// that cannot begin yet, because a server is out of reach, asks for more time in the place of READY. Does
/// nothing where nobody listens.
class SystemdNotifier {
 public:
    explicit SystemdNotifier(std::function<StatusReport()> status);
    ~SystemdNotifier();
    SystemdNotifier(const SystemdNotifier&) = delete;
    SystemdNotifier& operator=(const SystemdNotifier&) = delete;

    /// Around a reload. `outcome` stays in the status line for some minutes. Any thread.
    void reloading();
    void reloaded(const std::string& outcome);
    /// From here on it is stopping. Any thread.
    void stopping();

 private:
    void run(std::stop_token stop);
    void send_status(const StatusReport& report);
    bool moves();

    const std::function<StatusReport()> status_;
    std::mutex mutex_;
    bool ready_ = false, stopping_ = false;
    std::string outcome_;  ///< of the newest reload
    std::chrono::steady_clock::time_point outcome_end_;
    std::string sent_status_, stuck_;
    std::function<std::string()> judge_;
    std::jthread thread_;
};

}  // namespace walferry
