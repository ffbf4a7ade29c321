#include "pipeline/outbox/outbox_lane.h"

#include <spdlog/spdlog.h>

#include "pipeline/retry_policy.h"

namespace walferry {

namespace {

constexpr std::chrono::seconds delay_max{60};

}  // namespace

OutboxLane::OutboxLane(std::unique_ptr<OutboxPublisher> publisher, Events events)
    : publisher_(std::move(publisher)), events_(std::move(events)) {
    thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

OutboxLane::~OutboxLane() {
    stop();
}

void OutboxLane::start_after(std::int64_t id) {
    given_ = id;
    taken_ = id;
}

void OutboxLane::give(std::vector<OutboxRow> rows) {
    if (rows.empty()) return;
    {
        const std::lock_guard lock(mutex_);
        given_ = rows.back().id;
        for (OutboxRow& row : rows) rows_.push_back(std::move(row));
    }
    changed_.notify_all();
}

bool OutboxLane::wants_rows() const {
    const std::lock_guard lock(mutex_);
    return rows_.empty() && !gave_up_;
}

void OutboxLane::hurry() {
    {
        const std::lock_guard lock(mutex_);
        hurried_ = true;
    }
    changed_.notify_all();
}

void OutboxLane::stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

void OutboxLane::run(std::stop_token stop) {
    for (;;) {
        OutboxRow row;
        {
            std::unique_lock lock(mutex_);
            if (!changed_.wait(lock, stop, [this] { return !rows_.empty(); })) return;
            if (stop.stop_requested()) return;
            row = rows_.front();
        }
        if (!publish_until_taken(row, stop)) break;
        taken_ = row.id;
        bool idle = false;
        {
            const std::lock_guard lock(mutex_);
            rows_.pop_front();
            idle = rows_.empty();
        }
        if (idle) events_.idle();
    }
    gave_up_ = true;
    events_.idle();
}

/// False when there is no point in going on: stopped, or failed when time is short.
bool OutboxLane::publish_until_taken(const OutboxRow& row, std::stop_token stop) {
    Backoff backoff(delay_max);
    for (int attempt = 1;; ++attempt) {
        const Status published = publisher_->publish(row, stop);
        if (published) {
            if (attempt > 1) spdlog::info("outbox: {}: row {} was taken at last", publisher_->name(), row.id);
            return true;
        }
        if (stop.stop_requested()) return false;
        const Error& error = published.error();
        events_.failed(error);
        const auto delay = backoff.next(error.kind);
        std::unique_lock lock(mutex_);
        if (hurried_ && attempt > 1) return false;
        spdlog::warn("outbox: {}: row {}: {}; trying again in {} ms", publisher_->name(), row.id,
                     describe(error), delay.count());
        const bool was_hurried = hurried_;
        changed_.wait_for(lock, stop, delay, [&] { return hurried_ && !was_hurried; });
        if (stop.stop_requested()) return false;
    }
}

}  // namespace walferry
