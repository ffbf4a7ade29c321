#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace walferry {

/// What `http.listen` says.
struct ListenAddress {
    std::string host;        ///< a name or an IP address, without the brackets of IPv6
    std::uint16_t port = 0;  ///< 0: any free one
    bool loopback = false;   ///< reached from this machine only: 127.0.0.0/8, ::1, localhost
};

/// Reads HOST:PORT or [IPV6]:PORT; empty when it is neither.
std::optional<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace walferry
