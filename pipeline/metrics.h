#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "apply/batch_applier.h"
#include "model/error.h"
#include "pipeline/live_counts.h"
#include "pipeline/pipeline_status.h"

namespace prometheus {
class Registry;
}

namespace walferry {

/// walferry's Prometheus metrics: base units, `pipeline` label on each. Thread-safe.
class Metrics {
 public:
    explicit Metrics(const std::string& pipeline);
    ~Metrics();

    /// Counted once each, after the warehouse's commit.
    void committed(const CommittedBatch& batch);
    void retried(const std::string& component, ErrorKind reason);
    void state(const std::string& state);
    void table_state(const std::string& table, const std::string& state);
    /// Rows of a copy that were committed in the warehouse.
    void copy_committed(const std::string& table, std::uint64_t rows);
    /// The running total of a copy, also of what is not committed yet.
    void copy_progress(const std::string& table, std::uint64_t rows);
    void table_freshness(const std::string& table, double seconds);
    /// What its contract promises.
    void table_freshness_limit(const std::string& table, double seconds);
    void positions(Lsn checkpoint, Lsn source, double lag_bytes, double lag_seconds);
    void slot(double retained_wal_bytes, double safe_wal_bytes);
    /// Records of a partition of Kafka that are not applied yet; only those that are named are ours.
    void kafka_lag(const std::vector<PartitionReport>& partitions);
    void queue(double bytes);
    /// Letters that a commit brought.
    void dead_lettered(const std::string& table, const std::string& stage, std::uint64_t letters);
    void dead_letters_pending(std::uint64_t letters);
    /// Rows that broke a rule of a contract.
    void violated(const ViolationKey& what, std::uint64_t rows);
    /// Rows that were not published yet.
    void outbox_pending(std::uint64_t rows);
    /// How many rows of a target differed from its source table.
    void verified(const std::string& table, const std::string& target, std::uint64_t rows);

    /// The text exposition format.
    std::string text() const;
    LiveCounts live_counts() const;

 private:
    struct Families;
    std::shared_ptr<prometheus::Registry> registry_;
    std::unique_ptr<Families> families_;
};

}  // namespace walferry
