#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace walferry {

struct TarFile {
    std::string name;  ///< path in the archive, 99 bytes at most
    std::string content;
};

/// A gzipped tar archive (POSIX ustar) of files that their owner alone may read. `time`: Unix time, of all.
std::string tar_gz(const std::vector<TarFile>& files, long time);

}  // namespace walferry
