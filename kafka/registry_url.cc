#include "kafka/registry_url.h"

#include <algorithm>
#include <charconv>

namespace walferry {

namespace {

bool decode_percent(std::string_view text, std::string& to) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            to += text[at];
            continue;
        }
        unsigned char byte = 0;
        if (at + 2 >= text.size()) return false;
        const char* end = text.data() + at + 3;
        if (std::from_chars(text.data() + at + 1, end, byte, 16).ptr != end) return false;
        to += static_cast<char>(byte);
        at += 2;
    }
    return true;
}

bool read_credentials(std::string_view text, RegistryUrl& to) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    return decode_percent(text.substr(0, colon), to.user) &&
           decode_percent(text.substr(std::min(colon + 1, text.size())), to.password) && !to.user.empty();
}

bool read_host(std::string_view text, RegistryUrl& to) {
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return false;
        to.host = text.substr(1, end - 1);
        port = text.substr(end + 1);
    } else {
        const std::size_t colon = std::min(text.find(':'), text.size());
        to.host = text.substr(0, colon);
        port = text.substr(colon);
    }
    if (to.host.empty()) return false;
    to.port = to.tls ? 443 : 80;
    if (port.empty()) return true;
    constexpr int port_max = 65'535;
    const char* end = port.data() + port.size();
    const auto [stop, error] = std::from_chars(port.data() + 1, end, to.port);
    return port.front() == ':' && error == std::errc() && stop == end && to.port > 0 && to.port <= port_max;
}

}  // namespace

std::optional<RegistryUrl> parse_registry_url(std::string_view text) {
    RegistryUrl url;
    if (text.starts_with("https://")) {
        url.tls = true;
        text.remove_prefix(8);
    } else if (text.starts_with("http://")) {
        text.remove_prefix(7);
    } else {
        return std::nullopt;
    }
    const bool printable =
        std::all_of(text.begin(), text.end(), [](char byte) { return byte > ' ' && byte < 0x7f; });
    if (!printable || text.find_first_of("?#") != std::string_view::npos) return std::nullopt;
    const std::size_t slash = std::min(text.find('/'), text.size());
    std::string_view authority = text.substr(0, slash);
    url.path = text.substr(slash);
    while (url.path.ends_with('/')) url.path.pop_back();
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        if (!read_credentials(authority.substr(0, at), url)) return std::nullopt;
        authority.remove_prefix(at + 1);
    }
    if (!read_host(authority, url)) return std::nullopt;
    return url;
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string to;
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if (plain.find(letter) != std::string_view::npos) {
            to += letter;
        } else {
            to += '%';
            to += hex[byte >> 4];
            to += hex[byte & 15];
        }
    }
    return to;
}

}  // namespace walferry
