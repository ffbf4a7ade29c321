#include "pipeline/outbox/outbox_relay.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "checkpoint/checkpoint_store.h"
#include "checkpoint/outbox_store.h"
#include "model/quote.h"
#include "pipeline/due_time.h"
#include "pipeline/outbox/command_publisher.h"
#include "pipeline/outbox/kafka_publisher.h"
#include "pipeline/outbox/lineage_publisher.h"
#include "pipeline/outbox/notify_publisher.h"
#include "pipeline/outbox/webhook_publisher.h"
#include "pipeline/session_setup.h"

namespace walferry {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::uint64_t rows_a_turn = 100;
constexpr std::uint64_t rows_a_prune = 10'000;
/// Commits wake the relay; this is for what it can't be told of.
constexpr seconds rest{1};
constexpr seconds count_interval{1};
constexpr milliseconds prune_interval_min = seconds(1), prune_interval_max = std::chrono::minutes(10);
/// For the last words to a warehouse that does not answer.
constexpr seconds farewell_max{2};

std::vector<std::unique_ptr<OutboxPublisher>> make_publishers(const Config& pipeline,
                                                              const SessionSource& connect) {
    const OutboxConfig& config = *pipeline.outbox;
    std::vector<std::unique_ptr<OutboxPublisher>> publishers;
    if (pipeline.lineage) publishers.push_back(std::make_unique<LineagePublisher>(pipeline, connect));
    if (!config.notify.empty())
        publishers.push_back(std::make_unique<NotifyPublisher>(config.notify, connect));
    if (!config.webhook.empty()) {
        publishers.push_back(std::make_unique<WebhookPublisher>(
            WebhookClient::Options{config.webhook, config.secret, config.time_max}));
    }
    if (!config.kafka_topic.empty()) {
        const KafkaOptions& kafka = pipeline.publish ? pipeline.publish->kafka : pipeline.kafka->kafka;
        publishers.push_back(std::make_unique<KafkaPublisher>(kafka, config.kafka_topic));
    }
    if (!config.command.empty())
        publishers.push_back(std::make_unique<CommandPublisher>(config.command, config.time_max));
    return publishers;
}

}  // namespace

OutboxRelay::OutboxRelay(const Config& config, SessionSource connect, Metrics& metrics,
                         std::function<void(std::uint64_t)> counted)
    : config_(config),
      outbox_(*config.outbox),
      connect_(std::move(connect)),
      metrics_(metrics),
      counted_(std::move(counted)) {
    for (auto& publisher : make_publishers(config_, connect_)) {
        lanes_.push_back(std::make_unique<OutboxLane>(
            std::move(publisher),
            OutboxLane::Events{[this] { wake(); },
                               [this](const Error& error) { metrics_.retried("outbox", error.kind); }}));
    }
}

OutboxRelay::~OutboxRelay() {
    stop();
}

void OutboxRelay::serve(std::uint64_t epoch) {
    epoch_ = epoch;
    if (thread_.joinable()) {
        wake();
    } else {
        thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
    }
}

void OutboxRelay::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    changed_.notify_all();
}

void OutboxRelay::drain(milliseconds time_max) {
    if (thread_.joinable()) {
        for (const auto& lane : lanes_) lane->hurry();
        std::unique_lock lock(mutex_);
        draining_ = true;
        changed_.notify_all();
        changed_.wait_for(lock, time_max, [this] { return ended_; });
    }
    stop();
}

/// The lanes first: what they took until then is marked before the relay ends.
void OutboxRelay::stop() {
    for (const auto& lane : lanes_) lane->stop();
    if (!thread_.joinable()) return;
    thread_.request_stop();
    {
        std::unique_lock lock(mutex_);
        while (!changed_.wait_for(lock, farewell_max, [this] { return ended_; })) {
            if (session_ != nullptr) session_->interrupt();
        }
    }
    thread_.join();
}

void OutboxRelay::run(std::stop_token stop) {
    Backoff backoff;
    while (!stop.stop_requested()) {
        bool draining = false;
        {
            const std::lock_guard lock(mutex_);
            draining = draining_;
            woken_ = false;
        }
        const Result<bool> settled = round();
        if (draining && (!settled || settled.value())) break;
        milliseconds pause = rest;
        if (settled) {
            backoff.reset();
        } else {
            give_up_session();
            metrics_.retried("outbox", settled.error().kind);
            pause = backoff.next(settled.error().kind);
            spdlog::debug("outbox: {}; trying again in {} ms", describe(settled.error()), pause.count());
        }
        std::unique_lock lock(mutex_);
        const bool waits_out = !settled;
        changed_.wait_for(lock, stop, pause, [&] { return draining_ != draining || (woken_ && !waits_out); });
    }
    if (started_ && taken() > marked_ && connect()) static_cast<void>(mark(*session_));
    give_up_session();
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
}

Status OutboxRelay::connect() {
    if (session_ != nullptr) return success();
    WALFERRY_TRY(session, connect_());
    const WarehouseKind kind = config_.warehouse.duckdb ? WarehouseKind::DuckDb : WarehouseKind::Postgres;
    store_.emplace(control_schema(config_, kind, session->catalog()));
    const std::lock_guard lock(mutex_);
    session_ = std::move(session);
    return success();
}

void OutboxRelay::give_up_session() {
    const std::lock_guard lock(mutex_);
    session_.reset();
    locked_in_ = nullptr;
}

Result<bool> OutboxRelay::round() {
    WALFERRY_TRYV(connect());
    Result<bool> settled = look();
    // A DuckDB file that failed can be opened anew only when nobody holds it.
    if (config_.warehouse.duckdb) give_up_session();
    return settled;
}

Result<bool> OutboxRelay::look() {
    WALFERRY_TRY(ours, is_ours());
    if (!ours) return true;
    if (!started_) {
        WALFERRY_TRYV(start_lanes(*session_));
    }
    WALFERRY_TRY(settled, feed(*session_));
    WALFERRY_TRYV(mark(*session_));
    WALFERRY_TRYV(keep_house(*session_));
    return settled;
}

/// One publishes: who holds the epoch, or among workers that share a pipeline whose session holds a lock.
Result<bool> OutboxRelay::is_ours() {
    if (!config_.kafka) {
        WALFERRY_TRY(checkpoint, CheckpointStore(store_->control()).read(*session_));
        return checkpoint && checkpoint->epoch == epoch_;
    }
    if (config_.warehouse.duckdb || locked_in_ == session_.get()) return true;
    const ControlSchema& control = store_->control();
    WALFERRY_TRY(asked,
                 session_->query(fmt::format("SELECT pg_catalog.pg_try_advisory_lock(pg_catalog."
                                             "hashtextextended({} || chr(10) || {}, 9))",
                                             quote_literal(control.schema), control.pipeline_literal())));
    const bool locked = asked.rows.at(0).at(0) == "t";
    if (locked) locked_in_ = session_.get();
    return locked;
}

Status OutboxRelay::start_lanes(WarehouseSession& session) {
    WALFERRY_TRY(backlog, store_->backlog(session, 0));
    WALFERRY_TRY(last, store_->last_id(session));
    marked_ = backlog.rows > 0 ? backlog.first_id - 1 : last;
    for (const auto& lane : lanes_) lane->start_after(marked_);
    started_ = true;
    return success();
}

Result<bool> OutboxRelay::feed(WarehouseSession& session) {
    bool settled = true;
    for (const auto& lane : lanes_) {
        if (lane->gave_up()) continue;
        settled = settled && lane->wants_rows();
        if (!lane->wants_rows()) continue;
        WALFERRY_TRY(rows, store_->unpublished(session, lane->given(), rows_a_turn));
        settled = settled && rows.empty();
        lane->give(std::move(rows));
    }
    return settled;
}

std::int64_t OutboxRelay::taken() const {
    std::int64_t last = lanes_.front()->taken();
    for (const auto& lane : lanes_) last = std::min(last, lane->taken());
    return last;
}

Status OutboxRelay::mark(WarehouseSession& session) {
    const std::int64_t last = taken();
    if (last <= marked_) return success();
    WALFERRY_TRYV(store_->mark_published(session, last));
    marked_ = last;
    next_count_ = {};
    return success();
}

Status OutboxRelay::keep_house(WarehouseSession& session) {
    if (due(next_count_, count_interval)) {
        WALFERRY_TRY(backlog, store_->backlog(session, marked_));
        metrics_.outbox_pending(backlog.rows);
        counted_(backlog.rows);
    }
    if (due(next_prune_, std::clamp(outbox_.retention / 10, prune_interval_min, prune_interval_max))) {
        WALFERRY_TRY(pruned, store_->prune(session, outbox_.retention, rows_a_prune));
        if (pruned == rows_a_prune) next_prune_ = {};
    }
    return success();
}

}  // namespace walferry
