#pragma once

#include <string>
#include <string_view>

#include "config/listen_address.h"

/// Who may ask the HTTP server. Pure.
namespace walferry {

/// Whether a Host header (or the host of an Origin) names this server. A browser that was lured by DNS
/// rebinding sends the foreign name: only loopback names and the listen host pass. A server on a wildcard
/// address takes IP addresses and the machine's own name, too. An absent header passes: a browser always
/// sends one.
bool host_is_ours(std::string_view host_header, const ListenAddress& listen);

/// Whether an Origin header, present when a web page asks, is one of this server's own pages.
bool origin_is_ours(std::string_view origin_header, const ListenAddress& listen);

/// Whether an Authorization header is `Bearer TOKEN`; compares in constant time. Everything passes an empty
/// token.
bool token_is_right(std::string_view authorization, std::string_view token);

}  // namespace walferry
