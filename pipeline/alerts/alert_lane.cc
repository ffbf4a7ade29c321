#include "pipeline/alerts/alert_lane.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "pipeline/retry_policy.h"

namespace walferry {
namespace {

constexpr std::chrono::seconds delay_max{60};

}  // namespace

AlertLane::AlertLane(std::string name, Deliver deliver)
    : name_(std::move(name)), deliver_(std::move(deliver)) {
    thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

AlertLane::~AlertLane() = default;

void AlertLane::give(AlertMessage message) {
    {
        const std::lock_guard lock(mutex_);
        if (!waiting_.empty() && waiting_.back().firing == message.firing) return;
        const bool last_waits = waiting_.size() > (delivering_ ? 1u : 0u);
        if (last_waits && message.firing) {
            waiting_.pop_back();  // the end was not told: it simply goes on
            return;
        }
        waiting_.push_back(std::move(message));
    }
    changed_.notify_all();
}

void AlertLane::hurry() {
    {
        const std::lock_guard lock(mutex_);
        hurried_ = true;
    }
    changed_.notify_all();
}

bool AlertLane::wait_until_done(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [this] { return waiting_.empty() || gave_up_; });
}

void AlertLane::run(std::stop_token stop) {
    Backoff backoff(delay_max);
    while (!stop.stop_requested()) {
        AlertMessage message;
        bool hurried = false;
        {
            std::unique_lock lock(mutex_);
            if (!changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
            message = waiting_.front();
            delivering_ = true;
            hurried = hurried_;
        }
        const Status delivered = deliver_(message, stop);
        if (!delivered) {
            if (gives_up(stop, delivered.error(), hurried, backoff.next(delivered.error().kind))) return;
            continue;
        }
        backoff.reset();
        {
            const std::lock_guard lock(mutex_);
            delivering_ = false;
            waiting_.pop_front();
        }
        changed_.notify_all();
    }
}

/// Waits before the next attempt, when there is one.
bool AlertLane::gives_up(std::stop_token stop, const Error& error, bool hurried,
                         std::chrono::milliseconds delay) {
    std::unique_lock lock(mutex_);
    delivering_ = false;
    if (stop.stop_requested()) return true;
    if (hurried) {
        spdlog::warn("alert {}: {}; given up, for the process ends", name_, describe(error));
        gave_up_ = true;
        changed_.notify_all();
        return true;
    }
    spdlog::warn("alert {}: {}; trying again in {} ms", name_, describe(error), delay.count());
    changed_.wait_for(lock, stop, delay, [this] { return hurried_; });
    return stop.stop_requested();
}

}  // namespace walferry
