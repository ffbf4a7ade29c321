#pragma once

#include <string>
#include <string_view>

#include "model/error.h"

namespace walferry {

/// Writes a file that must not exist yet, with these permissions less the umask. Kind Configuration: it
/// exists, or can't be written; then nothing is left there.
Status write_new_file(const std::string& path, std::string_view content, unsigned permissions = 0666);

}  // namespace walferry
