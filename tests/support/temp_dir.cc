#include "tests/support/temp_dir.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace walferry::testing {
namespace {

namespace fs = std::filesystem;

fs::path make_dir(const fs::path& parent, const std::string& prefix) {
    std::string name = (parent / (prefix + "-XXXXXX")).string();
    if (!mkdtemp(name.data())) throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
    ::chmod(name.c_str(), 0755);
    return name;
}

/// Waits on its standard input for the end of the test process, which holds the other end of the pipe.
constexpr const char* watcher_script = R"sh(
cat >/dev/null
for pid_file in "$1"/*/data/postmaster.pid; do
    [ -f "$pid_file" ] && kill -QUIT "$(head -n 1 "$pid_file")" 2>/dev/null
done
for pid_file in "$1"/*/kafka.pid; do
    [ -f "$pid_file" ] && kill -KILL "$(cat "$pid_file")" 2>/dev/null
done
[ -e "$1/keep" ] && exit 0
for attempt in 1 2 3 4 5;
do
    rm -rf "$1" 2>/dev/null && exit 0
    sleep 1
done
)sh";

void start_watcher(const fs::path& dir) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    const std::string argument = dir.string();
    const pid_t pid = ::fork();
    if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid > 0) {
        ::close(ends[0]);
        return;
    }
    ::setsid();
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(ends[0], 0);
    ::dup2(null, 1);
    ::dup2(null, 2);
    ::execl("/bin/sh", "sh", "-c", watcher_script, "sh", argument.c_str(), nullptr);
    ::_exit(127);
}

bool keep = false;

}  // namespace

const fs::path& process_dir() {
    static const fs::path dir = [] {
        const char* base = std::getenv("TMPDIR");
        fs::path made = make_dir(base && *base ? base : "/tmp", "walferry-test");
        start_watcher(made);
        return made;
    }();
    return dir;
}

void keep_process_dir() {
    keep = true;
    write_file(process_dir() / "keep", "");
}

bool process_dir_is_kept() {
    return keep;
}

TempDir::TempDir(const std::string& prefix) : path_(make_dir(process_dir(), prefix)) {}

TempDir::~TempDir() {
    if (keep) return;
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

void write_file(const fs::path& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
    if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace walferry::testing
