#pragma once

#include <functional>
#include <thread>

#include "config/verify_config.h"
#include "pipeline/verify/verify_desk.h"

namespace walferry {

/// Compares all tables every so often, in a thread of its own, from when the pipeline streams. What it finds
/// is in the log, in the metrics and in the desk.
class VerifySchedule {
 public:
    VerifySchedule(const VerifyConfig& config, VerifyDesk& desk, std::function<bool()> streams);

 private:
    void run(const std::stop_token& stop);
    void verify(const std::stop_token& stop);

    const VerifyConfig config_;
    VerifyDesk& desk_;
    std::function<bool()> streams_;
    std::jthread thread_;
};

}  // namespace walferry
