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

/// Whether an Origin header names the very address that was asked: host and port as in Host. Another service
/// of this machine has another port, and may not send changes here. An absent Origin passes: no page asks
/// then.
bool origin_is_host(std::string_view origin_header, std::string_view host_header);

/// Whether a Content-Type is application/json. A page of another origin can't send that without being allowed
/// to before, which nobody ever is here; a form can't at all.
bool is_json(std::string_view content_type);

/// Whether an Authorization header is `Bearer TOKEN`; compares in constant time. Everything passes an empty
/// token.
bool token_is_right(std::string_view authorization, std::string_view token);

}  // namespace walferry
