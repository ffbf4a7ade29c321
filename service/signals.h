#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace walferry {

/// SIGTERM and SIGINT as a stop request. Make one before any other thread exists: the signals are blocked in
/// this thread and those it starts. The first signal asks to stop, the second ends the process with exit 1.
class StopSignals {
 public:
    explicit StopSignals(std::stop_source stop);
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

 private:
    void wait(std::stop_source stop) const;

    std::atomic<bool> ended_{false};
    std::thread thread_;
};

}  // namespace walferry
