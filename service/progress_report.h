#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "pipeline/pipeline_status.h"

namespace walferry {

/// Turns a series of statuses into lines about what goes on: copied rows, rate, time left, lag. Not
/// thread-safe.
class ProgressLine {
 public:
    struct Line {
        std::string text;
        bool working = false;  ///< it copies or catches up: worth a line in a log
    };
    Line next(const StatusReport& report, std::chrono::steady_clock::time_point now);

 private:
    /// Of a number that grows: per second since the last call; below zero when there was none.
    struct Rate {
        double last = 0;
        std::chrono::steady_clock::time_point at{};
        double per_second(double value, std::chrono::steady_clock::time_point now);
    };
    std::string copy_text(const StatusReport& report, std::chrono::steady_clock::time_point now);

    Rate rows_;
    Rate position_;
};

/// Shows progress while it lives: on a terminal one line on stderr that changes, else a log line every 10 s
/// while there is work.
class ProgressReporter {
 public:
    explicit ProgressReporter(std::function<StatusReport()> status);
    ~ProgressReporter();
    ProgressReporter(const ProgressReporter&) = delete;
    ProgressReporter& operator=(const ProgressReporter&) = delete;

 private:
    void report(std::stop_token stop) const;

    const std::function<StatusReport()> status_;
    std::jthread thread_;
};

}  // namespace walferry
