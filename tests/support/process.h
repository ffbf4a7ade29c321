#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace walferry::testing {

/// How a child process ended.
struct Exit {
    int code = 0;    ///< exit code; meaningless after a signal
    int signal = 0;  ///< the signal that killed it, or 0

    bool operator==(const Exit&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Exit& exit);

struct ProcessOptions {
    std::vector<std::string> command;  ///< the program by path or by name, then its arguments
    std::map<std::string, std::string> environment = {};  ///< added to ours
    std::filesystem::path working_dir = {};               ///< empty: ours
    std::filesystem::path output = {};  ///< stdout and stderr into this one file, instead of captured
    bool unprivileged = false;          ///< as user `postgres` when we are root
    std::optional<std::uint64_t> file_bytes_max = {};  ///< RLIMIT_FSIZE; writing past it fails with EFBIG
};

/// A child process with captured output. The kernel kills it when the thread that made it ends, so make it in
/// the test's main thread. The destructor kills and reaps it.
class Process {
 public:
    explicit Process(ProcessOptions options);
    ~Process();
    Process(Process&& other) noexcept;
    Process& operator=(Process&&) = delete;

    pid_t pid() const { return pid_; }
    bool running();
    void signal(int number) const;
    /// Empty when it is still running after `timeout`.
    std::optional<Exit> wait(std::chrono::milliseconds timeout);
    /// SIGKILL, and waits for the end.
    void kill();

    std::string out() const;
    std::string err() const;

 private:
    void reap(int wait_status);

    pid_t pid_ = -1;
    std::optional<Exit> exit_;
    std::filesystem::path out_path_;
    std::filesystem::path err_path_;
    bool owns_output_ = false;
};

struct Completed {
    Exit exit;
    bool timed_out = false;  ///< it was killed for that
    std::string out;
    std::string err;
};

/// Runs to the end, or kills it after `timeout`.
Completed run(ProcessOptions options, std::chrono::milliseconds timeout = std::chrono::seconds(60));

/// VmHWM of a living process in bytes: the most memory that was ever resident; 0 when it is gone.
std::uint64_t peak_resident_bytes(pid_t pid);

}  // namespace walferry::testing
