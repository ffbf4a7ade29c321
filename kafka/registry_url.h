#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace walferry {

/// An http or https URL in the parts that a client needs.
struct RegistryUrl {
    bool tls = false;
    std::string user, password;  ///< decoded; empty without
    std::string host;            ///< without the brackets of an IPv6 address
    int port = 0;
    std::string path;  ///< what requests begin with: empty, or /… without a slash at its end
};

/// Empty for everything else; also where it has a query, a fragment, a space or a control character.
std::optional<RegistryUrl> parse_registry_url(std::string_view text);

/// `text` with all but letters, digits and -._~ as %XX (RFC 3986, 2.3).
std::string percent_encoded(std::string_view text);

}  // namespace walferry
