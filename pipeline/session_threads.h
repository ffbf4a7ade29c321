#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "apply/batch_builder.h"
#include "config/config.h"
#include "pipeline/applier_loop.h"
#include "pipeline/batch_queue.h"
#include "pipeline/metrics.h"
#include "pipeline/outbox/outbox_relay.h"
#include "pipeline/pipeline_status.h"
#include "pipeline/reader_loop.h"
#include "pipeline/resync/resync_lane.h"
#include "pipeline/table_copy.h"

namespace walferry {

/// The threads of one session: reader, applier, and a copy while there are tables to copy. Whichever fails
/// first says why the session ends.
class SessionThreads {
 public:
    struct Parts {
        const Config& config;
        Warehouse& warehouse;
        WarehouseSession& session;
        ChangeSource& source;
        ControlSchema control;
        TableRegistry& registry;
        Progress& progress;
        TableResolver resolve;
        Reshaper& reshaper;
        /// Where it begins, and how it says how far it is.
        std::shared_ptr<const CheckpointKeeper> checkpoints;
        Lsn position;
        PgTime latest_commit_time = 0;  ///< of all that is in the warehouse
        std::uint64_t epoch = 0;
        bool shares_tables = false;  ///< see BatchApplier::Owner
        Metrics& metrics;
        ApplierErrands& errands;
        DeadLetterOffice& letters;
        StatusBoard& board;
        ResyncBoard* resyncs = nullptr;  ///< null where there is nothing to copy from
        OutboxRelay* outbox = nullptr;   ///< null where nobody listens
    };
    explicit SessionThreads(Parts parts);
    ~SessionThreads();

    void start();
    /// Whether a thread has failed, waiting so long for it.
    bool wait_for_failure(std::chrono::milliseconds time);
    Error failure();
    /// See ReaderLoop::settle. The reader's thread.
    Status settle(std::chrono::milliseconds time_max) { return reader_.settle(time_max, applier_ended_); }
    /// Starts a copy when tables want one and none runs.
    void look_after_copies(bool wait_for_writers);
    bool copying() const { return copying_; }
    /// Whether requests of resyncs are open.
    bool resyncing() const { return resyncs_ && !resyncs_->idle(); }
    /// A table has to be copied anew, which a new session does.
    bool wants_start_again() const { return parts_.progress.start_again; }
    /// Ends all threads: the applier after the batch it has, by force when that takes long. Idempotent.
    void stop(WarehouseSession& session);

 private:
    void report(const char* who, const Status& outcome);
    Status run_reader(std::stop_token stop);
    Status run_applier(std::stop_token stop);
    Status run_copy(const std::vector<std::shared_ptr<Table>>& tables, bool wait_for_writers,
                    std::stop_token stop);

    Parts parts_;
    BatchQueue queue_;
    BatchBuilder builder_;
    ReaderLoop reader_;
    BatchApplier applier_;
    std::optional<ResyncLane> resyncs_;
    std::mutex mutex_;
    std::condition_variable failed_;
    std::optional<Error> failure_;
    std::atomic<bool> copying_{false};
    std::atomic<bool> applier_ended_{false};
    std::jthread reader_thread_, applier_thread_, copy_thread_;
};

}  // namespace walferry
