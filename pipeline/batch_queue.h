#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "apply/batch.h"

namespace walferry {

/// Where the reader hands batches to the applier, one at a time: a batch is taken over only by an applier
/// that waits for one. So there are never more than two in memory, the one being applied and the one being
/// built; a reader whose batch is full stops reading, and the source feels it through TCP.
class BatchQueue {
 public:
    BatchQueue();
    ~BatchQueue();
    BatchQueue(const BatchQueue&) = delete;
    BatchQueue& operator=(const BatchQueue&) = delete;

    /// Reader: whether the applier waits for work.
    bool applier_waits() const;
    /// Reader: waits until the applier does, or the time is over; tells whether it does.
    bool wait_for_applier(std::chrono::milliseconds time);
    /// Reader: hands over. Only after `applier_waits`; should the applier have stopped waiting since, it
    /// finds the batch at its next wait.
    void hand_over(std::unique_ptr<Batch> batch);

    /// Applier: the next batch, or null when none came in time.
    std::unique_ptr<Batch> wait_for_batch(std::chrono::milliseconds time);
    /// Anybody: ends the applier's wait, this one or the next, without a batch.
    void wake_applier();

    /// Readable when the applier began to wait, or `wake_reader` was called; for the reader's poll.
    int descriptor() const { return event_; }
    void wake_reader() const;
    void clear_wake() const;

 private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::unique_ptr<Batch> batch_;
    bool waiting_ = false;
    bool applier_woken_ = false;
    int event_;
};

}  // namespace walferry
