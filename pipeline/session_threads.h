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
#include "pipeline/resync/resync_lane.h"
#include "pipeline/schema/schema_changer.h"
#include "pipeline/session_setup.h"
#include "pipeline/table_copy.h"
#include "pipeline/table_intake.h"

namespace walferry {

/// The threads of one session: reader, applier, and a copy while there are tables to copy. Whichever fails
/// first says why the session ends.
class SessionThreads {
 public:
    struct Parts {
        const Config& config;
        Warehouse& warehouse;
        ReadySession& ready;
        ControlSchema control;
        TableRegistry& registry;
        Progress& progress;
        TableIntake& intake;
        Metrics& metrics;
        ApplierErrands& errands;
        DeadLetterOffice& letters;
        StatusBoard& board;
        ResyncBoard& resyncs;
        OutboxRelay* outbox = nullptr;  ///< null where nobody listens
    };
    explicit SessionThreads(Parts parts);
    ~SessionThreads();

    void start();
    /// Whether a thread has failed, waiting so long for it.
    bool wait_for_failure(std::chrono::milliseconds time);
    Error failure();
    /// Starts a copy when tables want one and none runs.
    void look_after_copies(bool wait_for_writers);
    bool copying() const { return copying_; }
    /// Whether requests of resyncs are open.
    bool resyncing() const { return !resyncs_.idle(); }
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
    SchemaChanger changer_;  ///< the applier's
    BatchQueue queue_;
    BatchBuilder builder_;
    BatchApplier applier_;
    ResyncLane resyncs_;
    std::mutex mutex_;
    std::condition_variable failed_;
    std::optional<Error> failure_;
    std::atomic<bool> copying_{false};
    std::atomic<bool> applier_ended_{false};
    std::jthread reader_thread_, applier_thread_, copy_thread_;
};

}  // namespace walferry
