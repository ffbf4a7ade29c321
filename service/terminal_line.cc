#include "service/terminal_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

namespace walferry {
namespace {

std::size_t terminal_columns() {
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1u : 79u;
}

}  // namespace

TerminalLine::TerminalLine() : is_there_(::isatty(STDERR_FILENO) != 0) {}

TerminalLine::~TerminalLine() {
    clear();
}

void TerminalLine::show(const std::string& text) {
    if (!is_there_) return;
    fmt::print(stderr, "\r\x1b[K{}", text.substr(0, terminal_columns()));
    std::fflush(stderr);
    shown_ = true;
}

void TerminalLine::clear() {
    if (!shown_) return;
    fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
    shown_ = false;
}

}  // namespace walferry
