#pragma once

#include <string>

/// Connection strings as people write them on a command line. Pure.
namespace walferry {

/// Whether it is for libpq (a URL, or keyword=value), rather than a file's path.
bool is_postgres_connection(const std::string& text);

struct ConnectionText {
    std::string text;
    bool had_password = false;
};

/// The same connection with `replacement` in the place of its password, wherever in the URL or the keywords
/// that is.
ConnectionText replace_password(const std::string& connection, const std::string& replacement);

}  // namespace walferry
