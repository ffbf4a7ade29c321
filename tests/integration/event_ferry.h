#pragma once

#include <chrono>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/oracle/target_rows.h"
#include "tests/support/process.h"

namespace walferry::testing {

struct EventFerryOptions {
    /// A database for the warehouse; without it, a DuckDB file.
    std::optional<PgDatabase> warehouse = {};
    std::string brokers = {};  ///< empty: the shared broker
    std::vector<std::string> topics = {};
    std::string group = {};
    std::string tables =
        "  - match: \"*.*\"\n    targets: [ { mode: upsert }, { mode: scd2 }, { mode: append } ]\n";
    std::map<std::string, std::string> properties = {};  ///< librdkafka's, beside our own
    std::string batch = "{ max_rows: 2000 }";
    std::string more = {};  ///< YAML at top level
};

/// A pipeline that reads Debezium's topics: its configuration, its warehouse, and the workers that a test
/// runs of it, each with a port and a log of its own. Make and use it in the main thread.
class EventFerry {
 public:
    explicit EventFerry(EventFerryOptions options);

    /// `walferry run` as worker so-and-so, from 0; its log goes on.
    void start(std::size_t worker = 0);
    /// Until it said something: before that it has not taken SIGTERM over yet.
    void start_and_hear(std::size_t worker = 0);
    /// SIGTERM; SIGKILL after `timeout`.
    Exit stop(std::size_t worker = 0, std::chrono::milliseconds timeout = std::chrono::seconds(30));
    void kill(std::size_t worker = 0);
    bool started(std::size_t worker = 0) const { return workers_[worker].has_value(); }
    Process& process(std::size_t worker = 0) { return *workers_.at(worker); }

    /// `run --until-caught-up` as a further worker.
    Completed catch_up(std::chrono::milliseconds timeout = std::chrono::seconds(100)) const;
    /// `walferry NAME CONFIG ARGUMENTS…` to its end.
    Completed command(const std::string& name, std::vector<std::string> arguments = {}) const;
    /// Null where the worker does not answer.
    nlohmann::json status(std::size_t worker = 0) const;

    /// DuckDB: while nothing runs.
    TargetReader reader() const;
    Rows rows(const std::string& select) const { return reader().rows(select); }
    std::string value(const std::string& select) const;
    bool in_duckdb() const { return !options_.warehouse; }

    std::filesystem::path config(std::size_t worker = 0) const;
    std::string log(std::size_t worker = 0) const;
    /// The ends of all logs, for a failure.
    std::string logs() const;

 private:
    static constexpr std::size_t workers_max = 6;

    EventFerryOptions options_;
    TempDir dir_;
    std::vector<int> ports_;
    std::vector<std::optional<Process>> workers_;
};

}  // namespace walferry::testing
