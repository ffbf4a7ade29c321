#include "tests/support/process.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "tests/support/temp_dir.h"

namespace walferry::testing {
namespace {

struct User {
    uid_t uid = 0;
    gid_t gid = 0;
};

std::optional<User> user_for(const ProcessOptions& options) {
    if (!options.unprivileged || ::geteuid() != 0) return std::nullopt;
    const passwd* entry = ::getpwnam("postgres");
    if (!entry) throw std::runtime_error("servers refuse to run as root, and there is no user postgres");
    return User{entry->pw_uid, entry->pw_gid};
}

std::vector<std::string> environment_for(const ProcessOptions& options) {
    std::vector<std::string> entries;
    for (char** entry = environ; *entry; ++entry) {
        const std::string text = *entry;
        if (!options.environment.contains(text.substr(0, text.find('=')))) entries.push_back(text);
    }
    for (const auto& [name, value] : options.environment) entries.push_back(name + "=" + value);
    return entries;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

/// In the child, between fork and exec: system calls only, since other threads of the parent may have held
/// locks.
[[noreturn]] void become(const ProcessOptions& options, const std::optional<User>& user,
                         char* const* arguments, char** environment, const char* out, const char* err,
                         pid_t parent) {
    for (const int number : {SIGTERM, SIGINT, SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS, SIGPIPE})
        ::signal(number, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int in = ::open("/dev/null", O_RDONLY);
    const int out_file = ::open(out, O_WRONLY | O_CREAT | O_APPEND, 0644);
    const int err_file = ::open(err, O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(in, 0);
    ::dup2(out_file, 1);
    ::dup2(err_file, 2);
    ::setpgid(0, 0);
    if (options.file_bytes_max) {
        const rlimit limit{*options.file_bytes_max, *options.file_bytes_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        ::signal(SIGXFSZ, SIG_IGN);
    }
    if (user && (::setgroups(0, nullptr) != 0 || ::setgid(user->gid) != 0 || ::setuid(user->uid) != 0))
        ::_exit(126);
    // After setuid, which clears it. SIGQUIT is PostgreSQL's immediate shutdown.
    ::prctl(PR_SET_PDEATHSIG, options.unprivileged ? SIGQUIT : SIGKILL);
    if (::getppid() != parent) ::_exit(125);
    if (!options.working_dir.empty() && ::chdir(options.working_dir.c_str()) != 0) ::_exit(126);
    environ = environment;
    ::execvp(arguments[0], arguments);
    ::_exit(127);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Exit& exit) {
    return exit.signal ? out << "signal " << exit.signal : out << "exit " << exit.code;
}

Process::Process(ProcessOptions options) {
    static std::atomic<int> count = 0;
    const std::string name = "process-" + std::to_string(count++);
    owns_output_ = options.output.empty();
    out_path_ = owns_output_ ? process_dir() / (name + ".out") : options.output;
    err_path_ = owns_output_ ? process_dir() / (name + ".err") : options.output;

    const std::optional<User> user = user_for(options);
    std::vector<std::string> environment = environment_for(options);
    const std::vector<char*> arguments = pointers(options.command);
    std::vector<char*> environment_pointers = pointers(environment);
    const pid_t parent = ::getpid();
    // Blocked until the child has dropped our handlers: the test framework's would run in it.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_ = ::fork();
    if (pid_ > 0) ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ == 0)
        become(options, user, arguments.data(), environment_pointers.data(), out_path_.c_str(),
               err_path_.c_str(), parent);
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      exit_(other.exit_),
      out_path_(std::move(other.out_path_)),
      err_path_(std::move(other.err_path_)),
      owns_output_(std::exchange(other.owns_output_, false)) {}

Process::~Process() {
    if (pid_ > 0) kill();
    if (!owns_output_ || process_dir_is_kept()) return;
    std::error_code ignored;
    std::filesystem::remove(out_path_, ignored);
    std::filesystem::remove(err_path_, ignored);
}

void Process::reap(int wait_status) {
    if (WIFEXITED(wait_status)) exit_ = Exit{WEXITSTATUS(wait_status), 0};
    if (WIFSIGNALED(wait_status)) exit_ = Exit{0, WTERMSIG(wait_status)};
}

bool Process::running() {
    return !wait(std::chrono::milliseconds(0));
}

void Process::signal(int number) const {
    if (!exit_ && pid_ > 0) ::kill(pid_, number);
}

std::optional<Exit> Process::wait(std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!exit_) {
        int wait_status = 0;
        const pid_t ended = ::waitpid(pid_, &wait_status, WNOHANG);
        if (ended == pid_) reap(wait_status);
        if (ended < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
        if (exit_) break;
        if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return exit_;
}

void Process::kill() {
    signal(SIGKILL);
    wait(std::chrono::seconds(30));
}

std::string Process::out() const {
    return read_file(out_path_);
}
std::string Process::err() const {
    return read_file(err_path_);
}

Completed run(ProcessOptions options, std::chrono::milliseconds timeout) {
    Process process(std::move(options));
    Completed completed;
    if (const auto exit = process.wait(timeout)) {
        completed.exit = *exit;
    } else {
        completed.timed_out = true;
        process.kill();
        completed.exit = Exit{0, SIGKILL};
    }
    completed.out = process.out();
    completed.err = process.err();
    return completed;
}

std::uint64_t peak_resident_bytes(pid_t pid) {
    std::istringstream status(read_file("/proc/" + std::to_string(pid) + "/status"));
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
    return 0;
}

}  // namespace walferry::testing
