#pragma once

#include <string>

namespace walferry::testing {

/// What is in a file that gzip made. Throws where there is none, or it is broken.
std::string read_gzip_file(const std::string& path);

}  // namespace walferry::testing
