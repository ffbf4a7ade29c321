#pragma once

#include <chrono>
#include <memory>
#include <stop_token>

#include "config/config.h"
#include "dlq/dead_letter_office.h"
#include "pipeline/metrics.h"
#include "pipeline/pipeline_status.h"
#include "pipeline/session_setup.h"
#include "pipeline/table_intake.h"

namespace walferry {

class ApplierErrands;
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
    /// `epoch`: that of the session before, 0 without; then that of this one. `outbox`: null without one.
    PipelineSession(const Config& config, Warehouse& warehouse, StatusBoard& board, Metrics& metrics,
                    ApplierErrands& errands, std::uint64_t& epoch, OutboxRelay* outbox);
    ~PipelineSession();

    /// Runs until stopped, caught up (where `until_caught_up`), or failed. Stops clean: what was applied is
    /// checkpointed and acknowledged.
    Result<SessionEnd> run(std::stop_token stop, bool until_caught_up);

 private:
    Status begin(std::stop_token stop);
    Result<SessionEnd> supervise(std::stop_token stop, bool until_caught_up);
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
    std::uint64_t& epoch_;
    OutboxRelay* outbox_;

    std::shared_ptr<TableRegistry> registry_ = std::make_shared<TableRegistry>();
    std::shared_ptr<Progress> progress_ = std::make_shared<Progress>();
    ReadySession ready_;
    std::unique_ptr<TableIntake> intake_;
    std::unique_ptr<DeadLetterOffice> letters_;
    std::unique_ptr<SessionThreads> threads_;
    bool published_some_ = false;  ///< tables were added to the publication by this session
    bool start_again_ = false;
};

}  // namespace walferry
