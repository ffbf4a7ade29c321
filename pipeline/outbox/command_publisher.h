#pragma once

#include <chrono>
#include <string>

#include "pipeline/outbox/outbox_publisher.h"

namespace walferry {

/// Runs a command with /bin/sh -c for each row, its JSON on stdin. Exit 0 is success. What it writes goes to
/// our stderr. When it takes too long, or when we are stopped, it is killed with all that it started.
class CommandPublisher : public OutboxPublisher {
 public:
    CommandPublisher(std::string command, std::chrono::milliseconds time_max)
        : command_(std::move(command)), time_max_(time_max) {}

    std::string name() const override { return "exec"; }
    Status publish(const OutboxRow& row, std::stop_token stop) override;

 private:
    std::string command_;
    std::chrono::milliseconds time_max_;
};

}  // namespace walferry
