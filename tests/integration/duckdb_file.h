#pragma once

#include <duckdb.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace walferry::testing {

using Row = std::vector<std::optional<std::string>>;
using Rows = std::vector<Row>;

/// A DuckDB file as it stood on disk when this was made: opens a copy of it (with its WAL), so that the file
/// itself is neither locked nor recovered. Take it while no process writes.
class DuckDbFile {
 public:
    explicit DuckDbFile(const std::filesystem::path& path);
    ~DuckDbFile();
    DuckDbFile(const DuckDbFile&) = delete;
    DuckDbFile& operator=(const DuckDbFile&) = delete;

    /// Every value as DuckDB casts it to VARCHAR. Throws what DuckDB reports.
    Rows rows(const std::string& select) const;
    /// First column of the first row; empty when NULL or no row.
    std::string value(const std::string& select) const;

 private:
    TempDir dir_;
    duckdb_database database_ = nullptr;
    duckdb_connection connection_ = nullptr;
};

/// Runs statements in a DuckDB file, made when absent: for tests that prepare one.
void duckdb_execute(const std::filesystem::path& path, const std::string& sql);

}  // namespace walferry::testing
