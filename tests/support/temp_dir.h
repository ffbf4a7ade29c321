#pragma once

#include <filesystem>
#include <string>

namespace walferry::testing {

/// The one folder of this test process, under $TMPDIR or /tmp. A small watcher process removes it, and stops
/// every server in it, when this process is gone however it went: by exit, by a crash or by SIGKILL.
const std::filesystem::path& process_dir();

/// Leaves the process's folder where it is when the process ends: for looking at after a failure.
void keep_process_dir();
bool process_dir_is_kept();

/// A folder of its own inside the process's folder, removed with the object. Any user may enter it, since
/// servers run as another one when the tests run as root.
class TempDir {
 public:
    explicit TempDir(const std::string& prefix);
    ~TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
    std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& text);

}  // namespace walferry::testing
