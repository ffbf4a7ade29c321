#include "tests/integration/notify_socket.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "tests/integration/ferry.h"

namespace walferry::testing {

NotifySocket::NotifySocket() : dir_("notify"), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = dir_ / "socket";
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("the notify socket can't be bound");
}

NotifySocket::~NotifySocket() {
    ::close(socket_);
}

std::map<std::string, std::string> NotifySocket::environment(long watchdog_us) const {
    std::map<std::string, std::string> variables{{"NOTIFY_SOCKET", dir_ / "socket"}};
    if (watchdog_us > 0) variables["WATCHDOG_USEC"] = std::to_string(watchdog_us);
    return variables;
}

const std::vector<std::string>& NotifySocket::heard() {
    char buffer[8192];
    for (;;) {
        const ssize_t got = ::recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
        if (got < 0) return heard_;
        std::istringstream lines(std::string(buffer, static_cast<std::size_t>(got)));
        for (std::string line; std::getline(lines, line);) heard_.push_back(line);
    }
}

std::size_t NotifySocket::count(const std::string& beginning) {
    const auto& all = heard();
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [&](const std::string& line) { return line.starts_with(beginning); }));
}

bool NotifySocket::waits_for(const std::string& beginning) {
    return eventually([&] { return count(beginning) > 0; });
}

}  // namespace walferry::testing
