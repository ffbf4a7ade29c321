#include "service/access_rules.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

namespace walferry {
namespace {

constexpr std::size_t host_name_bytes_max = 255;

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](char byte) {
        return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
    });
    return result;
}

/// The host without port, brackets and the dot of a full name.
std::string host_of(std::string_view header) {
    if (header.starts_with('[')) {
        const std::size_t end = header.find(']');
        return lower(header.substr(1, end == std::string_view::npos ? end : end - 1));
    }
    std::string host = lower(header.substr(0, header.find(':')));
    if (host.ends_with('.')) host.pop_back();
    return host;
}

bool is_address(const std::string& host) {
    in6_addr bytes{};
    return inet_pton(AF_INET, host.c_str(), &bytes) == 1 || inet_pton(AF_INET6, host.c_str(), &bytes) == 1;
}

bool is_loopback(const std::string& host) {
    if (host == "localhost" || host.ends_with(".localhost")) return true;
    in_addr four{};
    if (inet_pton(AF_INET, host.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
    in6_addr six{};
    return inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

std::string machine_name() {
    char name[host_name_bytes_max + 1] = {};
    return ::gethostname(name, sizeof name - 1) == 0 ? lower(name) : "";
}

}  // namespace

bool host_is_ours(std::string_view host_header, const ListenAddress& listen) {
    if (host_header.empty()) return true;
    const std::string host = host_of(host_header);
    if (is_loopback(host) || host == lower(listen.host)) return true;
    const bool everywhere = listen.host == "0.0.0.0" || listen.host == "::";
    return everywhere && (is_address(host) || host == machine_name());
}

bool origin_is_ours(std::string_view origin_header, const ListenAddress& listen) {
    if (origin_header.empty()) return true;
    const std::size_t scheme = origin_header.find("://");
    if (scheme == std::string_view::npos) return false;  // "null", for one
    const std::string_view host = origin_header.substr(scheme + 3);
    return !host.empty() && host_is_ours(host, listen);
}

bool origin_is_host(std::string_view origin_header, std::string_view host_header) {
    if (origin_header.empty()) return true;
    const std::size_t scheme = origin_header.find("://");
    return scheme != std::string_view::npos && !host_header.empty() &&
           lower(origin_header.substr(scheme + 3)) == lower(host_header);
}

bool is_json(std::string_view content_type) {
    std::string_view type = content_type.substr(0, content_type.find(';'));
    while (type.ends_with(' ')) type.remove_suffix(1);
    return lower(type) == "application/json";
}

bool token_is_right(std::string_view authorization, std::string_view token) {
    if (token.empty()) return true;
    constexpr std::string_view scheme = "bearer ";
    if (authorization.size() < scheme.size() || lower(authorization.substr(0, scheme.size())) != scheme)
        return false;
    const std::string_view given = authorization.substr(scheme.size());
    unsigned difference = given.size() == token.size() ? 0 : 1;
    for (std::size_t i = 0; i < given.size(); ++i) {
        difference |=
            static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(token[i % token.size()]);
    }
    return difference == 0;
}

}  // namespace walferry
