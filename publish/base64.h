#pragma once

#include <string>
#include <string_view>

namespace walferry::publish {

/// RFC 4648, with padding; `url_safe`: section 5's alphabet.
void append_base64(std::string& to, std::string_view bytes, bool url_safe = false);

}  // namespace walferry::publish
