#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>

#include "apply/batch_builder.h"
#include "capture/change_source.h"
#include "pipeline/batch_queue.h"

namespace walferry {

/// What the two threads of a session tell each other and the world, without locks.
struct Progress {
    std::atomic<std::uint64_t> durable{0};   ///< the checkpoint: what may be acknowledged
    std::atomic<std::uint64_t> received{0};  ///< the newest position that the source has sent
    std::atomic<std::uint64_t> building_bytes{0};
    /// Times of the oldest commits that are not durable yet, 0 without: in the batch that the applier has,
    /// and in the one that the reader builds.
    std::atomic<PgTime> applying_commit{0}, building_commit{0};
    std::atomic<bool> start_again{false};  ///< a table has to be copied anew, by a new session
    std::atomic<bool> catching_up{false};  ///< a table waits for the position to pass its snapshot
    std::atomic<std::uint64_t> wanted{0};  ///< somebody waits for this position to become durable
    std::atomic<std::uint64_t> fence{0};   ///< so does whoever compares the warehouse with the source

    void raise_fence(std::uint64_t position) {
        std::uint64_t now = fence;
        while (now < position && !fence.compare_exchange_weak(now, position)) continue;
    }
    std::uint64_t awaited() const { return std::max(wanted.load(), fence.load()); }

    /// 0: nothing received is undurable.
    PgTime oldest_undurable_commit() const {
        const PgTime building = building_commit;  // read first: commits go from here to applying_commit
        const PgTime applying = applying_commit;
        return applying != 0 ? applying : building;
    }
};

/// The reader's thread: owns the source's connection. Reads, decodes, builds batches and hands them over: at
/// once when the applier waits, else when they are full. Acknowledges what is durable and answers the source
/// also while the applier is stuck.
class ReaderLoop {
 public:
    ReaderLoop(ChangeSource& source, BatchBuilder& builder, BatchQueue& queue, Progress& progress,
               std::chrono::milliseconds delay_max);

    /// Returns when asked to stop (success) or on the first error.
    Status run(std::stop_token stop);

    /// For the source, within its `next` and outside of a transaction: hands over what was read so far and
    /// waits until it is durable. Kind Busy when that takes longer, or nobody applies any more.
    Status settle(std::chrono::milliseconds time_max, const std::atomic<bool>& applier_ended);

 private:
    Status read_some(bool& drained);
    Status take_in(const SourceEvent& event);
    void wait();
    Status upkeep();
    void hand_over_if_wanted();
    void hand_over();
    Status hand_over_full(std::stop_token stop);
    bool position_is_due() const;

    ChangeSource& source_;
    BatchBuilder& builder_;
    BatchQueue& queue_;
    Progress& progress_;
    std::chrono::milliseconds delay_max_;
    std::chrono::steady_clock::time_point last_upkeep_{};
    std::chrono::steady_clock::time_point last_handed_over_{};
    std::chrono::milliseconds idle_save_interval_;
    std::chrono::steady_clock::time_point changes_since_{};
    Lsn acknowledged_;
    Lsn handed_over_;
};

}  // namespace walferry
