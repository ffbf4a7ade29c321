#include "service/new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace walferry {
namespace {

Error unwritable(const std::string& path, int error) {
    if (error == EEXIST)
        return {ErrorKind::Configuration, path + " exists already, and is left as it is", "", ""};
    return {ErrorKind::Configuration, fmt::format("{} can't be written: {}", path, std::strerror(error)), "",
            ""};
}

/// 0, or what went wrong.
int write_all(int file, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(file, content.data(), content.size());
        if (written < 0 && errno != EINTR) return errno;
        if (written > 0) content.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

}  // namespace

Status write_new_file(const std::string& path, std::string_view content, unsigned permissions) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions);
    if (file < 0) return unwritable(path, errno);
    int error = write_all(file, content);
    if (::close(file) != 0 && error == 0) error = errno;
    if (error == 0) return success();
    ::unlink(path.c_str());
    return unwritable(path, error);
}

}  // namespace walferry
