#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "pipeline/outbox/outbox_publisher.h"

namespace walferry {

/// One publisher with a thread of its own: it publishes the rows that it is given one after the other, and
/// repeats the one that fails, for ever, with a back-off up to a minute. So neither a slow publisher nor one
/// that fails holds up another. Thread-safe.
class OutboxLane {
 public:
    struct Events {
        std::function<void()> idle;                ///< wants more rows, or has given up
        std::function<void(const Error&)> failed;  ///< an attempt
    };
    OutboxLane(std::unique_ptr<OutboxPublisher> publisher, Events events);
    ~OutboxLane();

    /// Where it begins; before the first `give`.
    void start_after(std::int64_t id);
    /// Rows behind all that it was given before.
    void give(std::vector<OutboxRow> rows);
    bool wants_rows() const;
    /// The last row that it was given, and the last one that was taken at the other end.
    std::int64_t given() const { return given_; }
    std::int64_t taken() const { return taken_; }

    /// Ends the back-off; from now on a row that fails twice is the last one.
    void hurry();
    bool gave_up() const { return gave_up_; }
    /// Ends the thread, also in the middle of an attempt. Idempotent.
    void stop();

 private:
    void run(std::stop_token stop);
    bool publish_until_taken(const OutboxRow& row, std::stop_token stop);

    std::unique_ptr<OutboxPublisher> publisher_;
    Events events_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<OutboxRow> rows_;
    bool hurried_ = false;
    std::atomic<bool> gave_up_{false};
    std::atomic<std::int64_t> given_{0}, taken_{0};
    std::jthread thread_;
};

}  // namespace walferry
