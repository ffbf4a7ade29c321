#pragma once

#include <atomic>
#include <functional>
#include <stop_token>
#include <thread>

namespace walferry {

/// SIGTERM and SIGINT as a stop request. Make one before any other thread exists: the signals are blocked in
/// this thread and those it starts. The first signal asks to stop, the second ends the process with exit 1.
/// SIGHUP calls `hangup`; but on a terminal, where it says that the terminal is gone, it is one of those.
class StopSignals {
 public:
    StopSignals(std::stop_source stop, std::function<void()> hangup);
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

 private:
    void wait(std::stop_source stop) const;

    std::function<void()> hangup_;
    bool on_terminal_;
    std::atomic<bool> ended_{false};
    std::thread thread_;
};

}  // namespace walferry
