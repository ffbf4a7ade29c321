#pragma once

#include <chrono>
#include <string>

#include "pipeline/delivery/shell_command.h"
#include "pipeline/outbox/outbox_publisher.h"

namespace walferry {

/// Runs a command for each row, its JSON on stdin. Exit 0 is success.
class CommandPublisher : public OutboxPublisher {
 public:
    CommandPublisher(std::string command, std::chrono::milliseconds time_max)
        : command_{std::move(command), time_max} {}

    std::string name() const override { return "exec"; }
    Status publish(const OutboxRow& row, std::stop_token stop) override;

 private:
    ShellCommand command_;
};

}  // namespace walferry
