#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "apply/table_registry.h"
#include "capture/source_catalog.h"
#include "kafka/kafka_partition.h"
#include "pipeline/reader_loop.h"
#include "pipeline/resync/resync_board.h"

namespace walferry {

struct TableReport {
    std::string name;
    std::string target;
    std::string mode = "upsert";
    std::string state;
    std::string reason;
    std::uint64_t rows_copied = 0;
    std::int64_t rows_estimated = -1;
    PgTime last_commit_time = 0;  ///< 0: none yet
    PgTime last_verified = 0;     ///< when it was last compared with the source; 0: not since the start
};

/// How far a partition of Kafka is applied.
struct PartitionReport {
    KafkaPartition of;
    std::int64_t next = 0;  ///< offset of the first record that is not
    std::int64_t end = -1;  ///< where it ends; -1: not known

    std::int64_t lag() const { return end < 0 ? 0 : std::max<std::int64_t>(0, end - next); }
};

/// Where publishing to Kafka stands, beside a warehouse.
struct PublishSummary {
    std::string state;
    std::string reason;
    Lsn checkpoint;  ///< committed in Kafka
    Lsn source;
    std::int64_t lag_bytes = 0;
    double lag_seconds = 0;
    std::int64_t retained_wal_bytes = 0;
    std::uint64_t events = 0;  ///< of this process
    std::uint64_t dead_letters = 0;
};

/// What `status` says; interface of the command and of /api/v1/status.
struct StatusReport {
    std::string pipeline;
    std::string state = "starting";  ///< starting copying streaming retrying stopped failed
    std::string reason;
    Lsn checkpoint;
    Lsn source;
    std::int64_t lag_bytes = 0;
    double lag_seconds = 0;  ///< NaN while nothing is received: no session
    std::int64_t retained_wal_bytes = 0;
    std::optional<std::int64_t> safe_wal_bytes;
    std::optional<double> source_age_seconds;     ///< of what is known of source and slot; empty: nothing yet
    std::uint64_t dead_letters = 0;               ///< pending ones
    std::optional<std::uint64_t> outbox_pending;  ///< empty: not counted yet
    std::optional<std::uint64_t> verify_mismatches;  ///< rows, of all targets; empty: none was compared yet
    std::vector<TableReport> tables;
    std::vector<ResyncReport> resyncs;  ///< those that are open
    bool from_kafka = false;            ///< then positions are those of `partitions`
    std::vector<PartitionReport> partitions;
    std::optional<PublishSummary> publish;
};

/// Where a running pipeline stands, for whoever asks. Thread-safe.
class StatusBoard {
 public:
    explicit StatusBoard(std::string pipeline) : pipeline_(std::move(pipeline)) {}

    void set_state(const std::string& state, const std::string& reason = "");
    void set_session(std::shared_ptr<TableRegistry> registry, std::shared_ptr<Progress> progress);
    void set_excluded(std::vector<TableReport> excluded);
    /// How many are pending, as of a session's start, and whenever that has changed.
    void set_dead_letters(std::uint64_t pending);
    void set_outbox_pending(std::uint64_t rows);
    /// A target (schema.table) was compared with its source; so many rows of it differ.
    void set_verified(const std::string& target, PgTime at, std::uint64_t mismatches);
    /// The source is Kafka: those of its partitions that are ours.
    void set_partitions(std::vector<PartitionReport> partitions);
    void set_source(Lsn position, const std::optional<SlotStatus>& slot);

    StatusReport report() const;
    /// Of the session that runs; null without.
    std::shared_ptr<Progress> progress() const;

 private:
    mutable std::mutex mutex_;
    std::string pipeline_;
    std::string state_ = "starting";
    std::string reason_;
    std::shared_ptr<TableRegistry> registry_;
    std::shared_ptr<Progress> progress_;
    std::vector<TableReport> excluded_;
    struct Verified {
        PgTime at = 0;
        std::uint64_t mismatches = 0;
    };
    std::map<std::string, Verified> verified_;  ///< by target
    std::optional<std::vector<PartitionReport>> partitions_;
    Lsn source_;
    std::int64_t retained_wal_bytes_ = 0;
    std::optional<std::int64_t> safe_wal_bytes_;
    std::optional<std::chrono::steady_clock::time_point> source_seen_;
    std::uint64_t dead_letters_ = 0;
    std::optional<std::uint64_t> outbox_pending_;
};

}  // namespace walferry
