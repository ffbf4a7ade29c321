#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace walferry::testing {

/// systemd's end of sd_notify(3).
class NotifySocket {
 public:
    NotifySocket();
    ~NotifySocket();
    NotifySocket(const NotifySocket&) = delete;
    NotifySocket& operator=(const NotifySocket&) = delete;

    /// What a service has to have in its environment. `watchdog_us`: 0 for none.
    std::map<std::string, std::string> environment(long watchdog_us = 0) const;

    /// All assignments that have come by now, in their order.
    const std::vector<std::string>& heard();
    /// How many assignments that begin so have come by now.
    std::size_t count(const std::string& beginning);
    bool waits_for(const std::string& beginning);

 private:
    TempDir dir_;
    int socket_;
    std::vector<std::string> heard_;
};

}  // namespace walferry::testing
