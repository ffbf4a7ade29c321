#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace walferry {

/// A folder of its own for a test's DuckDB file, removed with all that is in it.
class DuckDbFile {
 public:
    DuckDbFile() {
        std::string pattern = (std::filesystem::temp_directory_path() / "walferry-duckdb-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
    }
    ~DuckDbFile() { std::filesystem::remove_all(folder_); }
    DuckDbFile(const DuckDbFile&) = delete;
    DuckDbFile& operator=(const DuckDbFile&) = delete;

    /// With a space and a quote, as a user's path may have them.
    std::string path() const { return folder_ / "it's a file.duckdb"; }

 private:
    std::filesystem::path folder_;
};

}  // namespace walferry
