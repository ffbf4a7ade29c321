#pragma once

#include <string>
#include <string_view>

namespace walferry {

/// RFC 4648, with padding; `url_safe`: section 5's alphabet.
void append_base64(std::string& to, std::string_view bytes, bool url_safe = false);

/// Appends what base64 says, in either alphabet, padded or not. False when it is none.
bool append_from_base64(std::string& to, std::string_view text);

}  // namespace walferry
