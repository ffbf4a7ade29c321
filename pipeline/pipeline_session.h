#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>

#include "config/config.h"
#include "dlq/dead_letter_office.h"
#include "pipeline/metrics.h"
#include "pipeline/pipeline_status.h"
#include "pipeline/schema/schema_changer.h"
#include "pipeline/session_setup.h"
#include "pipeline/table_intake.h"

namespace walferry {

class ApplierErrands;
class ResyncBoard;
class OutboxRelay;
class SessionThreads;

enum class SessionEnd {
    Stopped,     ///< asked to
    CaughtUp,    ///< --until-caught-up, and it is
    StartAgain,  ///< something changed that a new session has to see
};

/// One life of the pipeline, from a checkpoint on: reader, applier, copies, and the monitor that looks after
/// the source. Ends with the first failure of any of them; then everything is thrown away, and a new session
/// starts from what the warehouse says.
class PipelineSession {
 public:
    /// What everything else waits for: `run` then ends.
    struct Goal {
        bool caught_up = false;  ///< all that was committed before it began is in the warehouse
        bool resynced = false;   ///< and no resync is open
    };
    /// `epoch`: that of the session before, 0 without; then that of this one. `outbox`: null without one.
    PipelineSession(const Config& config, Warehouse& warehouse, StatusBoard& board, Metrics& metrics,
                    ApplierErrands& errands, ResyncBoard& resyncs, std::uint64_t& epoch, OutboxRelay* outbox);
    ~PipelineSession();

    /// Runs until stopped, at its goal (where there is one), or failed. Stops clean: what was applied is
    /// checkpointed and acknowledged. `began` is called once it streams.
    Result<SessionEnd> run(std::stop_token stop, Goal goal, const std::function<void()>& began);

 private:
    Status begin(std::stop_token stop);
    Result<SessionEnd> supervise(std::stop_token stop, Goal goal);
    Status look_after_source();
    Status look_after_tables();
    void report_tables();
    bool all_streaming() const;
    Status set_goal();

    const Config& config_;
    Warehouse& warehouse_;
    StatusBoard& board_;
    Metrics& metrics_;
    ApplierErrands& errands_;
    ResyncBoard& resyncs_;
    std::uint64_t& epoch_;
    OutboxRelay* outbox_;

    std::shared_ptr<TableRegistry> registry_ = std::make_shared<TableRegistry>();
    std::shared_ptr<Progress> progress_ = std::make_shared<Progress>();
    ReadySession ready_;
    std::unique_ptr<TableIntake> intake_;
    std::unique_ptr<DeadLetterOffice> letters_;
    std::unique_ptr<SchemaChanger> changer_;  ///< the applier's
    std::unique_ptr<SessionThreads> threads_;
    bool published_some_ = false;  ///< tables were added to the publication by this session
    bool start_again_ = false;
};

}  // namespace walferry
