#include "pipeline/delivery/shell_command.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

namespace walferry {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Between two looks at the command: its end and a request to stop are seen that late.
constexpr milliseconds pause_first{1}, pause_max{20};

class File {
 public:
    explicit File(int number) : number_(number) {}
    ~File() {
        if (number_ >= 0) ::close(number_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int number() const { return number_; }

 private:
    int number_;
};

Error failed(const char* what, int reason) {
    return Error{ErrorKind::Resource, fmt::format("{}: {}", what, std::strerror(reason)), "", ""};
}

/// A file in memory that stands at its beginning: unlike a pipe it can't block us, whatever the command
/// reads.
int file_with(const std::string& text) {
    const int file = ::memfd_create("walferry message", MFD_CLOEXEC);
    if (file < 0) return -1;
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t written = ::write(file, text.data() + done, text.size() - done);
        if (written > 0) done += static_cast<std::size_t>(written);
        if (written < 0 && errno != EINTR) {
            ::close(file);
            return -1;
        }
    }
    ::lseek(file, 0, SEEK_SET);
    return file;
}

/// Ours, and what is added to it, which wins.
std::vector<std::string> with_ours(const std::map<std::string, std::string>& added) {
    std::vector<std::string> all;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        if (!added.contains(std::string(text.substr(0, text.find('='))))) all.emplace_back(text);
    }
    for (const auto& [name, value] : added) all.push_back(name + "=" + value);
    return all;
}

/// The command leads a process group of its own, and has none of our files, blocked or ignored signals.
Result<pid_t> start(const ShellCommand& command, int input) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes,
                               POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::string text = command.text;
    std::vector<std::string> variables = with_ours(command.environment);
    std::vector<char*> environment;
    for (std::string& variable : variables) environment.push_back(variable.data());
    environment.push_back(nullptr);
    char shell[] = "/bin/sh", option[] = "-c";
    char* const arguments[] = {shell, option, text.data(), nullptr};
    pid_t pid = -1;
    const int reason = ::posix_spawn(&pid, shell, &files, &attributes, arguments, environment.data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
    if (reason != 0) return failed("/bin/sh can't be started", reason);
    return pid;
}

/// Whether it ended by itself, before `deadline` and a request to stop.
bool wait_for_end(pid_t pid, steady_clock::time_point deadline, const std::stop_token& stop) {
    for (auto pause = pause_first; !stop.stop_requested() && steady_clock::now() < deadline;
         pause = std::min(pause * 2, pause_max)) {
        siginfo_t seen{};
        const int looked = ::waitid(P_PID, static_cast<id_t>(pid), &seen, WEXITED | WNOHANG | WNOWAIT);
        if (looked < 0 || seen.si_pid == pid) return true;
        std::this_thread::sleep_for(pause);
    }
    return false;
}

Status outcome_of(int wait_status) {
    if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) return success();
    const std::string how = WIFEXITED(wait_status) ? fmt::format("exit {}", WEXITSTATUS(wait_status))
                                                   : fmt::format("signal {}", WTERMSIG(wait_status));
    return Error{ErrorKind::Connection, "the command ended with " + how, "", ""};
}

}  // namespace

Status run_shell_command(const ShellCommand& command, const std::string& input_text, std::stop_token stop) {
    const auto deadline = steady_clock::now() + command.time_max;
    const File input(file_with(input_text));
    if (input.number() < 0) return failed("no room for the command's input", errno);
    WALFERRY_TRY(pid, start(command, input.number()));
    const bool ended = wait_for_end(pid, deadline, stop);
    // Before it is reaped: until then the number of its group is nobody else's.
    if (!ended) ::kill(-pid, SIGKILL);
    int wait_status = 0;
    pid_t reaped = -1;
    do reaped = ::waitpid(pid, &wait_status, 0);
    while (reaped < 0 && errno == EINTR);
    if (reaped < 0) return failed("how the command ended is not known", errno);
    if (ended) return outcome_of(wait_status);
    if (stop.stop_requested()) return Error{ErrorKind::Cancelled, "the command was given up", "", ""};
    return Error{ErrorKind::Connection,
                 fmt::format("the command was killed: it took longer than {} ms", command.time_max.count()),
                 "", ""};
}

}  // namespace walferry
