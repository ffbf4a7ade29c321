#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "capture/change_source.h"
#include "pipeline/reader_loop.h"
#include "tests/apply/plans.h"

namespace walferry::testing {

/// Waits until it is so; false when that never comes about.
inline bool eventually(const std::function<bool()>& so) {
    for (int i = 0; i < 3000; ++i) {
        if (so()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    return false;
}

/// A source in memory: the test pushes events, the reader's thread takes them. Notes what the reader says to
/// it.
class ScriptedSource final : public ChangeSource {
 public:
    ScriptedSource(const Relation& relation, const Progress& progress)
        : relation_(relation), progress_(progress), event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
    ~ScriptedSource() override { ::close(event_); }
    ScriptedSource(const ScriptedSource&) = delete;
    ScriptedSource& operator=(const ScriptedSource&) = delete;

    /// A transaction of so many inserts with keys of their own.
    void push_transaction(std::uint64_t commit_lsn, int rows) {
        const Transaction transaction{5, Lsn{commit_lsn}, Lsn{commit_lsn + 10},
                                      static_cast<PgTime>(commit_lsn)};
        const std::lock_guard lock(mutex_);
        events_.emplace_back(TransactionBegin{transaction});
        for (int i = 0; i < rows; ++i) {
            keys_.push_back(std::to_string(++serial_));
            rows_.push_back({{ValueKind::Text, keys_.back()}});
            ChangeEvent event;
            event.relation = &relation_;
            event.after = rows_.back();
            event.sequence = {transaction.commit_lsn, static_cast<std::uint64_t>(i)};
            events_.emplace_back(event);
        }
        events_.emplace_back(TransactionCommit{transaction});
        wake();
    }
    void push(SourceEvent event) {
        const std::lock_guard lock(mutex_);
        events_.push_back(std::move(event));
        wake();
    }
    void fail(Error error) {
        const std::lock_guard lock(mutex_);
        failure_ = std::move(error);
        wake();
    }
    std::size_t left() const {
        const std::lock_guard lock(mutex_);
        return events_.size();
    }

    Result<SourceEvent> next() override {
        const std::lock_guard lock(mutex_);
        if (!events_.empty()) {
            SourceEvent event = events_.front();
            events_.pop_front();
            return event;
        }
        if (failure_) return *failure_;
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = ::read(event_, &count, sizeof count);
        return SourceEvent{NothingYet{}};
    }
    Status acknowledge(Lsn durable) override {
        if (durable.value > progress_.durable) acknowledged_too_much = true;
        acknowledged = durable.value;
        return success();
    }
    Status keep_alive() override {
        ++keep_alives;
        return success();
    }
    Status request_position() override {
        ++position_requests;
        return success();
    }
    void wait(int wake, std::chrono::milliseconds time_max) override {
        pollfd descriptors[] = {{event_, POLLIN, 0}, {wake, POLLIN, 0}};
        ::poll(descriptors, 2, static_cast<int>(time_max.count()));
    }

    std::atomic<std::uint64_t> acknowledged{0};
    std::atomic<bool> acknowledged_too_much{false};
    std::atomic<int> keep_alives{0};
    std::atomic<int> position_requests{0};

 private:
    void wake() {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(event_, &one, sizeof one);
    }

    const Relation& relation_;
    const Progress& progress_;
    int event_;
    mutable std::mutex mutex_;
    std::deque<SourceEvent> events_;
    std::optional<Error> failure_;
    std::deque<std::string> keys_;
    std::deque<std::vector<ColumnValue>> rows_;
    int serial_ = 0;
};

}  // namespace walferry::testing
