#include "config/listen_address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "config/quantity.h"

namespace walferry {
namespace {

bool is_host_name(std::string_view host) {
    return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
               byte == '.' || byte == '-' || byte == '_';
    });
}

/// Fills `loopback`; false when the host is no address and no name.
bool judge_ipv6(ListenAddress& address) {
    in6_addr bytes{};
    if (inet_pton(AF_INET6, address.host.c_str(), &bytes) != 1) return false;
    address.loopback = IN6_IS_ADDR_LOOPBACK(&bytes);
    return true;
}

bool judge_ipv4_or_name(ListenAddress& address) {
    in_addr bytes{};
    if (inet_pton(AF_INET, address.host.c_str(), &bytes) == 1) {
        address.loopback = (ntohl(bytes.s_addr) >> 24) == 127;
        return true;
    }
    const bool numbers_only = address.host.find_first_not_of("0123456789.") == std::string::npos;
    address.loopback = address.host == "localhost";
    return !numbers_only && is_host_name(address.host);
}

}  // namespace

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view port_text = text.substr(colon + 1);
    const std::optional<std::int64_t> port = parse_integer(port_text);
    if (!port || port_text.starts_with('-') || *port > 65535) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    ListenAddress address{std::string(host), static_cast<std::uint16_t>(*port), false};
    const bool good = bracketed ? judge_ipv6(address) : judge_ipv4_or_name(address);
    if (!good) return std::nullopt;
    return address;
}

}  // namespace walferry
