#pragma once

#include <chrono>
#include <map>
#include <stop_token>
#include <string>

#include "model/error.h"

namespace walferry {

/// A command of /bin/sh -c.
struct ShellCommand {
    std::string text;
    std::chrono::milliseconds time_max{30'000};
    std::map<std::string, std::string> environment = {};  ///< added to ours
};

/// Runs it with a text on stdin. Exit 0 is success. What it writes goes to our stderr. When it takes too
/// long, or `stop` is requested, it is killed with all that it started.
Status run_shell_command(const ShellCommand& command, const std::string& input, std::stop_token stop);

}  // namespace walferry
