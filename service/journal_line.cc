#include "service/journal_line.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace walferry {
namespace {

std::string_view priority_of(std::string_view level) {
    if (level == "critical") return SD_CRIT;
    if (level == "error") return SD_ERR;
    if (level == "warning") return SD_WARNING;
    return level == "info" ? SD_INFO : SD_DEBUG;
}

}  // namespace

bool stderr_is_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat file {};
    if (stream == nullptr || ::fstat(STDERR_FILENO, &file) != 0) return false;
    return fmt::format("{}:{}", file.st_dev, file.st_ino) == stream;
}

std::string journal_lines(std::string_view level, std::string_view message) {
    std::string lines;
    for (std::size_t begin = 0; begin <= message.size();) {
        const std::size_t end = std::min(message.find('\n', begin), message.size());
        if (end > begin || message.empty())
            lines += fmt::format("{}{}\n", priority_of(level), message.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

}  // namespace walferry
