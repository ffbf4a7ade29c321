#include "config/webhook_url.h"

#include <algorithm>

#include "config/listen_address.h"

namespace walferry {

std::optional<WebhookUrl> parse_webhook_url(std::string_view text) {
    WebhookUrl url;
    std::string_view rest = text;
    if (rest.starts_with("https://")) {
        url.tls = true;
        rest.remove_prefix(8);
    } else if (rest.starts_with("http://")) {
        rest.remove_prefix(7);
    } else {
        return std::nullopt;
    }
    const bool printable =
        std::all_of(rest.begin(), rest.end(), [](char byte) { return byte > ' ' && byte < 0x7f; });
    if (!printable || rest.find('#') != std::string_view::npos) return std::nullopt;
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    std::string authority(rest.substr(0, end));
    if (authority.find('@') != std::string::npos) return std::nullopt;
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.rfind(':');
    const bool has_port = colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
    if (!has_port) authority += url.tls ? ":443" : ":80";
    const std::optional<ListenAddress> address = parse_listen_address(authority);
    if (!address || address->port == 0) return std::nullopt;
    url.host = address->host;
    url.port = address->port;
    url.target = rest.substr(end);
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
    return url;
}

}  // namespace walferry
