#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "checkpoint/checkpoint_keeper.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// What others want done by the pipeline's single writer: the applier's thread does it between two batches,
/// each errand in a transaction of its own that ends with CheckpointKeeper::hold and COMMIT. Lives as long as
/// the pipeline; a session opens it while its applier runs. Thread-safe.
class ApplierErrands {
 public:
    using Errand = std::function<Status(WarehouseSession&)>;

    /// Waits for all of them, and gives the outcome of each, in order. An error of the errand's own rolls its
    /// transaction back. Kind Busy: it was not begun, for no session runs, or it ended, or the applier did
    /// not get to it within `patience`. Kind Connection leaves open whether it was committed. After the call
    /// none of them runs.
    std::vector<Status> run(std::vector<Errand> errands, std::chrono::milliseconds patience);
    Status run(Errand errand, std::chrono::milliseconds patience);

    /// Waits until a session takes errands, or for so long. Not for a thread of a session.
    void wait_for_session(std::chrono::milliseconds patience);

    /// Session: takes errands from now on. `wake` makes the applier look at them soon; any thread calls it.
    void open(std::shared_ptr<const CheckpointKeeper> checkpoints, std::function<void()> wake);
    /// Session: no more. What waits fails. Before whatever `wake` needs is gone, after the applier has ended.
    void close();

    /// Applier, while no transaction is open: does what waits, for a bounded time. An error means that the
    /// session is of no more use: the connection is lost, or the pipeline is another's.
    Status do_waiting(WarehouseSession& session);
    /// How many were begun so far.
    std::uint64_t begun() const { return begun_; }

 private:
    struct Waiting {
        Errand errand;
        std::optional<Status> outcome;
        bool begun = false;
    };
    struct Writer {
        std::shared_ptr<const CheckpointKeeper> checkpoints;
        std::function<void()> wake;
    };

    std::shared_ptr<Waiting> next();
    void finish(Waiting& waiting, Status outcome);
    void withdraw(const std::vector<std::shared_ptr<Waiting>>& mine);
    static Status do_one(WarehouseSession& session, const Writer& writer, const Errand& errand,
                         bool& session_is_good);

    std::atomic<std::uint64_t> begun_{0};
    std::mutex mutex_;
    std::condition_variable done_;
    std::optional<Writer> writer_;
    std::deque<std::shared_ptr<Waiting>> queue_;
};

}  // namespace walferry
