#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace walferry {

/// An http or https URL in the parts that a client needs.
struct WebhookUrl {
    bool tls = false;
    std::string host;  ///< without the brackets of an IPv6 address
    int port = 0;
    std::string target;  ///< path and query, beginning with /
};

/// Empty for everything else; also where the URL holds a user, a fragment, a space or a control character.
std::optional<WebhookUrl> parse_webhook_url(std::string_view text);

}  // namespace walferry
