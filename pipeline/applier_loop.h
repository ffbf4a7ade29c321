#pragma once

#include <functional>
#include <stop_token>

#include "apply/batch_applier.h"
#include "model/trace_context.h"
#include "pipeline/applier_errands.h"
#include "pipeline/batch_queue.h"
#include "pipeline/reader_loop.h"

namespace walferry {

/// The applier's thread: owns the warehouse session. Applies batch after batch, and between batches the kept
/// changes of tables whose copy is complete, and errands. On stop it finishes the batch it has, unless that
/// is a step of an unfinished transaction, which is rolled back: nothing of it was visible.
class ApplierLoop {
 public:
    using OnCommit = std::function<void(const CommittedBatch&)>;

    ApplierLoop(BatchApplier& applier, WarehouseSession& session, WarehouseKind kind, BatchQueue& queue,
                TableRegistry& registry, Progress& progress, ApplierErrands& errands, OnCommit on_commit);

    /// Returns when asked to stop (success) or on the first error.
    Status run(std::stop_token stop);

 private:
    Status apply(std::unique_ptr<Batch> batch);
    Result<std::optional<CommittedBatch>> apply_traced(Batch& batch);
    Status catch_up();
    Status do_errands();
    void checkpoint_when_idle();

    BatchApplier& applier_;
    WarehouseSession& session_;
    WarehouseKind kind_;
    BatchQueue& queue_;
    TableRegistry& registry_;
    Progress& progress_;
    ApplierErrands& errands_;
    OnCommit on_commit_;
    std::uint64_t rows_since_checkpoint_ = 0;
    std::chrono::steady_clock::time_point last_rows_{};
    TraceContext trace_;  ///< of the batch that is or was applied last
};

}  // namespace walferry
