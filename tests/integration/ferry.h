#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/integration/compare.h"
#include "tests/support/pg_cluster.h"
#include "tests/support/process.h"

namespace walferry::testing {

/// Polls until `condition` holds; false when `timeout` passed first.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds timeout = std::chrono::seconds(30));

struct FerryOptions {
    /// A database for the warehouse; without it, a DuckDB file.
    std::optional<PgDatabase> warehouse = {};
    std::string warehouse_connection = {};  ///< another way to it than straight, e.g. through a proxy
    std::string tables = "  - match: \"*.*\"\n    mode: upsert\n";  ///< the YAML below `tables:`
    std::string source_settings = {};  ///< YAML lines below source.postgres, indented by four
    std::string more = {};             ///< YAML at top level
    std::string batch = "{ max_rows: 2000 }";
    std::string source_user = "postgres";
    std::map<std::string, std::string> environment = {};  ///< of `run`
};

/// A pipeline `shop`: its configuration file, its warehouse, and the walferry processes that a test runs on
/// it. When a test fails, `log()` has what they said.
class Ferry {
 public:
    Ferry(const PgCluster& source, std::string database, FerryOptions options = {});

    /// `walferry run`; one at a time.
    void start();
    /// SIGTERM; the exit of the process, SIGKILL after `timeout`.
    Exit stop(std::chrono::milliseconds timeout = std::chrono::seconds(30));
    void kill();
    Process& process() { return *process_; }
    bool running() const { return process_ && process_->running(); }
    /// A further `run` beside the first, with a configuration that differs in the HTTP port only. From
    /// `follow_other` on, `status` asks that one.
    Process start_another() const;
    void follow_other() { follows_other_ = true; }

    /// `walferry NAME CONFIG ARGUMENTS…` to its end.
    Completed command(const std::string& name, std::vector<std::string> arguments = {},
                      std::chrono::milliseconds timeout = std::chrono::seconds(60)) const;
    /// `run --until-caught-up`.
    Completed catch_up(std::chrono::milliseconds timeout = std::chrono::seconds(120)) const;
    /// As the service tells; where none answers, as `walferry status` reads it in the warehouse.
    nlohmann::json status() const;
    /// Waits until the checkpoint has passed all that the source has committed by now, and all tables stream.
    /// False, as in all waits here, after `timeout`, and at once when the run has ended.
    bool caught_up(std::chrono::milliseconds timeout = std::chrono::seconds(60)) const;
    /// Waits until every table, and at least one, is in this state.
    bool all_tables_are(const std::string& state,
                        std::chrono::milliseconds timeout = std::chrono::seconds(60)) const;

    /// See compare.h. DuckDB: while nothing runs.
    std::string differences(const std::set<std::string>& left_out = {}) const;
    /// First value of a query in the warehouse. DuckDB: while nothing runs.
    std::string warehouse_value(const std::string& sql) const;
    /// Of the slot, empty when there is none.
    std::string slot(const std::string& column) const;

    std::filesystem::path config() const { return dir_ / "shop.yaml"; }
    std::filesystem::path duckdb_path() const { return dir_ / "shop.duckdb"; }
    const std::filesystem::path& dir() const { return dir_.path(); }
    PgDatabase source() const { return {*source_, database_}; }
    std::string log() const { return read_file(dir_ / "run.log"); }
    /// The end of the log.
    std::string log_tail() const;
    void write_config(const std::string& connection) const;
    /// The source is another server from now on, that of a standby that was promoted; for walferry too.
    void move_to(const PgCluster& source);

 private:
    bool tables_until(const std::function<bool(const nlohmann::json&)>& condition,
                      std::chrono::milliseconds timeout) const;
    std::filesystem::path other_config() const { return dir_ / "other.yaml"; }
    bool has_ended() const { return process_ && !process_->running(); }

    const PgCluster* source_;
    std::string database_;
    FerryOptions options_;
    TempDir dir_;
    int http_port_;
    int other_port_;  ///< of `start_another`
    bool follows_other_ = false;
    mutable std::optional<Process> process_;
};

/// Path of the binary under test.
std::string walferry_binary();
Completed run_walferry(std::vector<std::string> arguments,
                       std::chrono::milliseconds timeout = std::chrono::seconds(60));

}  // namespace walferry::testing
