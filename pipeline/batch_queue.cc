#include "pipeline/batch_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <utility>

namespace walferry {

BatchQueue::BatchQueue() : event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (event_ < 0) std::abort();
}

BatchQueue::~BatchQueue() {
    ::close(event_);
}

bool BatchQueue::applier_waits() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
}

bool BatchQueue::wait_for_applier(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [this] { return waiting_; });
}

void BatchQueue::hand_over(std::unique_ptr<Batch> batch) {
    {
        const std::lock_guard lock(mutex_);
        if (batch_ != nullptr) std::abort();  // it would be lost
        batch_ = std::move(batch);
        waiting_ = false;
    }
    changed_.notify_all();
}

std::unique_ptr<Batch> BatchQueue::wait_for_batch(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    if (batch_ != nullptr)
        return std::exchange(batch_, nullptr);  // handed over just as the last wait ran out
    waiting_ = true;
    changed_.notify_all();
    wake_reader();
    changed_.wait_for(lock, time, [this] { return batch_ != nullptr || applier_woken_; });
    waiting_ = false;
    applier_woken_ = false;
    return std::exchange(batch_, nullptr);
}

void BatchQueue::wake_applier() {
    {
        const std::lock_guard lock(mutex_);
        applier_woken_ = true;
    }
    changed_.notify_all();
}

void BatchQueue::wake_reader() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event_, &one, sizeof one);
}

void BatchQueue::clear_wake() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(event_, &count, sizeof count);
}

}  // namespace walferry
