#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace walferry::testing {

/// The folder with initdb and postgres: $WALFERRY_PG_BIN, else the newest /usr/lib/postgresql/*/bin.
std::filesystem::path default_pg_bin();

/// A port of 127.0.0.1 that nobody listens on.
int free_port();

struct PgClusterOptions {
    std::filesystem::path bin = {};  ///< empty: default_pg_bin()
    bool fsync = false;              ///< on where a test crashes the server
    /// The primary that it follows as a standby, from a copy of its data without its slots; the primary is
    /// stopped meanwhile.
    const class PgCluster* primary = nullptr;
    bool own_identity = false;  ///< an initdb of its own; clusters share one system identifier otherwise
    std::map<std::string, std::string> settings =
        {};  ///< added to postgresql.conf, e.g. {"max_replication_slots", "1"}
};

enum class StopMode { Fast, Immediate };

/// A throw-away PostgreSQL server with wal_level=logical on a free port of 127.0.0.1, trusting everybody;
/// superuser `postgres`. Gone with the object, and with the test process however that ends.
class PgCluster {
 public:
    /// Makes the cluster and starts it.
    explicit PgCluster(PgClusterOptions options = {});
    ~PgCluster();
    PgCluster(const PgCluster&) = delete;
    PgCluster& operator=(const PgCluster&) = delete;

    void start();
    void stop(StopMode mode = StopMode::Fast);
    /// False when it did not stop within `timeout`; it goes on stopping then.
    bool stop_within(StopMode mode, std::chrono::milliseconds timeout);
    void restart(StopMode mode = StopMode::Fast);
    bool running();
    pid_t pid() const { return server_ ? server_->pid() : -1; }

    /// Appends to postgresql.conf; takes effect at the next start (or reload).
    void set(const std::string& name, const std::string& value);
    /// Ends a standby's recovery; with it begins a new timeline.
    void promote() const;
    /// Makes the running server read postgresql.conf again.
    void reload();

    int port() const { return port_; }
    int major_version() const { return major_version_; }
    const std::filesystem::path& bin() const { return options_.bin; }
    std::filesystem::path data_dir() const { return dir_ / "data"; }
    std::string log() const { return read_file(dir_ / "server.log"); }

    std::string conninfo(const std::string& database = "postgres",
                         const std::string& user = "postgres") const;
    std::string url(const std::string& database = "postgres", const std::string& user = "postgres") const;

    std::unique_ptr<pqxx::connection> connect(const std::string& database = "postgres") const;
    void create_database(const std::string& name) const;
    void drop_database(const std::string& name) const;

    /// One or more statements, in autocommit where it is a single one. A new connection each time.
    pqxx::result exec(const std::string& sql, const std::string& database = "postgres") const;
    /// First column of the first row as text; empty when NULL or no row.
    std::string value(const std::string& sql, const std::string& database = "postgres") const;

    /// The data folder as a file copy of the stopped server: a backup to restore from.
    void backup_to(const std::filesystem::path& target) const;
    void restore_from(const std::filesystem::path& backup) const;

 private:
    void write_settings();
    void copy_primary();

    PgClusterOptions options_;
    TempDir dir_;
    int port_ = 0;
    int major_version_ = 0;
    std::optional<Process> server_;
};

}  // namespace walferry::testing
