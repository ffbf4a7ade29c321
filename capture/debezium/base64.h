#pragma once

#include <string>
#include <string_view>

namespace walferry::debezium {

/// Appends what the base64 of RFC 4648 says, with the letters of its section 4 or 5, padded or not. False
/// when it is none.
bool append_from_base64(std::string& to, std::string_view text);
void append_base64(std::string& to, std::string_view bytes);

}  // namespace walferry::debezium
