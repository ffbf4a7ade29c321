#pragma once

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/publish/publish_pipeline.h"
#include "tests/support/pg_cluster.h"
#include "tests/support/process.h"

namespace walferry::publish {

/// A record as a read_committed reader sees it.
struct SeenRecord {
    std::optional<std::string> key;
    nlohmann::json value;  ///< null: a tombstone
    std::map<std::string, std::string> headers;

    std::string op() const { return value.is_null() ? "tombstone" : value.value("op", ""); }
    const nlohmann::json& source() const { return value["source"]; }
    std::uint64_t lsn() const { return source()["lsn"].get<std::uint64_t>(); }
};

/// The source of this test executable, started when it is first asked for.
testing::PgCluster& shared_source();

/// A database of its own with a pipeline of its name, published to topics of its own.
class PublishStand {
 public:
    explicit PublishStand(const std::string& name, testing::PgCluster& source = shared_source());

    PublishOptions options;
    testing::PgCluster& source() const { return source_; }

    void exec(const std::string& sql) const { source_.exec(sql, name_); }
    std::string value(const std::string& sql) const { return source_.value(sql, name_); }
    std::unique_ptr<pqxx::connection> connect() const { return source_.connect(name_); }

    /// Publishes in this process until all that is committed by now is in Kafka.
    Status publish() const;
    /// The report of the last `publish`.
    const PublishReport& report() const { return report_; }

    /// The same settings in a process of its own; `more` are its further arguments.
    testing::Process publisher(const std::vector<std::string>& more = {}) const;

    /// All committed records of a topic without its prefix, of one partition, by offset.
    std::vector<SeenRecord> records(const std::string& topic, int partition = 0) const;
    /// "op key" or "op" and more, by `line`.
    std::vector<std::string> lines(const std::string& topic, const std::string& column) const;

    Lsn confirmed() const;
    std::optional<PublishCheckpoint> checkpoint() const;

 private:
    testing::PgCluster& source_;
    std::string name_;
    mutable PublishReport report_;
};

/// Where two lists of lines differ first; empty when they don't.
std::string difference(const std::vector<std::string>& seen, const std::vector<std::string>& expected);

}  // namespace walferry::publish

namespace walferry::testing {

/// Waits until it is so; throws after a minute.
template <class Condition>
void eventually(const std::string& what, Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("in vain: " + what);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

}  // namespace walferry::testing
