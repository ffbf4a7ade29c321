#include "capture/pgoutput/gathering_wait.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <ctime>

namespace walferry {

namespace {

using std::chrono::microseconds;

constexpr int receive_buffer_bytes = 64 << 10;  // the kernel doubles it
constexpr microseconds gather_time_tcp{5000};
/// The buffer of a Unix-domain socket takes a few hundred rows and then stops the sender.
constexpr microseconds gather_time_unix{200};
/// So much between two waits is a stream that is worth gathering: a backlog or a busy source.
constexpr std::size_t busy_bytes = 32 << 10;

/// Whether the peer is on this machine: both ends have one address.
bool is_local(int socket) {
    sockaddr_storage here{}, there{};
    socklen_t here_bytes = sizeof here, there_bytes = sizeof there;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&here), &here_bytes) != 0) return false;
    if (::getpeername(socket, reinterpret_cast<sockaddr*>(&there), &there_bytes) != 0) return false;
    if (here.ss_family != there.ss_family) return false;
    if (here.ss_family == AF_INET6) {
        return std::memcmp(&reinterpret_cast<const sockaddr_in6&>(here).sin6_addr,
                           &reinterpret_cast<const sockaddr_in6&>(there).sin6_addr, sizeof(in6_addr)) == 0;
    }
    return here.ss_family == AF_INET && reinterpret_cast<const sockaddr_in&>(here).sin_addr.s_addr ==
                                            reinterpret_cast<const sockaddr_in&>(there).sin_addr.s_addr;
}

}  // namespace

GatheringWait::GatheringWait(int socket) : socket_(socket) {
    int family = 0;
    socklen_t length = sizeof family;
    if (::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &length) != 0) return;
    if (family == AF_UNIX) {
        gather_time_ = gather_time_unix;
    } else if (is_local(socket) && ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                                                sizeof receive_buffer_bytes) == 0) {
        gather_time_ = gather_time_tcp;
    }
}

void GatheringWait::wait(int wake, std::chrono::milliseconds time_max) {
    pollfd descriptors[] = {{wake, POLLIN, 0}, {socket_, POLLIN, 0}};
    const bool busy = received_bytes_ >= busy_bytes;
    if (busy && gather_time_.count() > 0) {
        // What the sender had gathered may be coming in just now.
        if (::poll(descriptors, 2, 0) != 0) return;
        received_bytes_ = 0;
        const auto time = std::min<std::chrono::nanoseconds>(gather_time_, time_max);
        const timespec gathering{0, static_cast<long>(time.count())};
        ::ppoll(descriptors, 1, &gathering, nullptr);
        return;
    }
    received_bytes_ = 0;
    ::poll(descriptors, 2, static_cast<int>(time_max.count()));
}

}  // namespace walferry
