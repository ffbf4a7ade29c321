#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "config/config.h"
#include "pipeline/metrics.h"
#include "pipeline/outbox/outbox_lane.h"
#include "pipeline/outbox/session_source.h"
#include "pipeline/retry_policy.h"

namespace walferry {

/// Publishes what the applier has committed to the outbox: every row at least once, in order of id, never
/// before its commit. The data path neither waits for it nor fails with it: it has a thread and a warehouse
/// session of its own, and each publisher has a thread. It outlives the pipeline's sessions, so rows go out
/// also while the source is out of reach.
///
/// A row is published when all publishers have taken it. How far each of them is, is kept in memory only:
/// after a restart all of them get everything again that not all had taken. The rows are marked some at a
/// time, so a crash repeats the last ones.
///
/// Only the instance that holds the pipeline's epoch publishes: where the warehouse has another one than
/// `serve` was told last, the relay rests.
class OutboxRelay {
 public:
    /// `counted` hears how many rows wait, about once a second. On the relay's thread.
    OutboxRelay(const Config& config, SessionSource connect, Metrics& metrics,
                std::function<void(std::uint64_t)> counted);
    ~OutboxRelay();

    /// The epoch is ours from now on. The first call starts the relay.
    void serve(std::uint64_t epoch);
    /// Something was committed. Any thread; returns at once.
    void wake();
    /// Publishes what there is, `time_max` at most; a publisher that fails gets one more attempt. Then stops.
    void drain(std::chrono::milliseconds time_max);

 private:
    void run(std::stop_token stop);
    /// One look at the outbox, over a session; true when there is nothing to do for now.
    Result<bool> round();
    Result<bool> look();
    Result<bool> is_ours();
    /// The last row that all publishers have taken.
    std::int64_t taken() const;
    Result<bool> feed(WarehouseSession& session);
    Status mark(WarehouseSession& session);
    Status keep_house(WarehouseSession& session);
    Status start_lanes(WarehouseSession& session);
    Status connect();
    void give_up_session();
    void stop();

    const Config& config_;
    const OutboxConfig& outbox_;
    SessionSource connect_;
    Metrics& metrics_;
    const std::function<void(std::uint64_t)> counted_;
    std::vector<std::unique_ptr<OutboxLane>> lanes_;

    // The relay's thread only, but for `session_`, which others may interrupt under the mutex.
    std::unique_ptr<WarehouseSession> session_;
    std::optional<OutboxStore> store_;
    const WarehouseSession* locked_in_ = nullptr;  ///< the session that has the workers' lock
    bool started_ = false;                         ///< the lanes know where to begin
    std::int64_t marked_ = 0;                      ///< everything up to here is published
    std::chrono::steady_clock::time_point next_count_{}, next_prune_{};

    std::mutex mutex_;
    std::condition_variable_any changed_;
    bool woken_ = false;
    bool draining_ = false;
    bool ended_ = false;
    std::atomic<std::uint64_t> epoch_{0};
    std::jthread thread_;
};

}  // namespace walferry
