#include "pipeline/kafka/event_session.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <limits>
#include <thread>

#include "checkpoint/control_schema.h"
#include "pipeline/dead_letter_desk.h"
#include "pipeline/due_time.h"
#include "pipeline/kafka/event_preflight.h"
#include "pipeline/outbox/outbox_relay.h"
#include "pipeline/session_metrics.h"
#include "pipeline/session_threads.h"

namespace walferry {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds supervise_interval{20};
constexpr milliseconds report_interval{2'000};
constexpr milliseconds goal_interval{200};
constexpr milliseconds end_patience{3'000};
constexpr milliseconds watch_patience{1'000};
/// How long partitions that go to another worker wait for what was read of them.
constexpr milliseconds settle_max{15'000};

}  // namespace

EventSession::EventSession(const Config& config, Warehouse& warehouse, StatusBoard& board, Metrics& metrics,
                           ApplierErrands& errands, OutboxRelay* outbox)
    : config_(config),
      warehouse_(warehouse),
      board_(board),
      metrics_(metrics),
      errands_(errands),
      outbox_(outbox) {}

EventSession::~EventSession() {
    if (threads_ != nullptr) threads_->stop(*session_);
    board_.set_session(nullptr, nullptr);
}

Result<SessionEnd> EventSession::run(std::stop_token stop, PipelineSession::Goal goal,
                                     const std::function<void()>& began) {
    WALFERRY_TRYV(begin(stop, goal));
    began();
    auto end = supervise(stop, goal);
    threads_->stop(*session_);
    report();
    // A worker that lost its partitions to another one takes part again, like one that just came.
    if (!end && end.error().kind == ErrorKind::Fenced)
        return Error{ErrorKind::Busy, end.error().message, end.error().way_out, ""};
    if (end) {
        WALFERRY_TRYV(source_->acknowledge(Lsn{progress_->durable}));
    }
    return end;
}

Status EventSession::begin(std::stop_token stop, PipelineSession::Goal goal) {
    WALFERRY_TRY(session, warehouse_.connect());
    session_ = std::move(session);
    const ControlSchema control{warehouse_.kind(), session_->catalog(), config_.warehouse.control_schema,
                                config_.pipeline};
    WALFERRY_TRYV(create_control_schema(*session_, control));
    const bool shares = warehouse_.kind() == WarehouseKind::Postgres;
    offsets_.emplace(control);
    ledger_ = std::make_shared<OffsetLedger>(*offsets_);
    tables_ = std::make_unique<EventTables>(config_, warehouse_, control, *registry_, shapes_);
    WALFERRY_TRYV(tables_->restore(*session_));
    reshaper_ = std::make_unique<EventReshaper>(config_, control, shapes_);
    WALFERRY_TRY(options, debezium_options(*config_.kafka));
    WALFERRY_TRY(registry, schema_registry(*config_.kafka, stop));
    EventSource::Parts parts{
        {config_.kafka->kafka, config_.kafka->group, config_.kafka->topics},
        options,
        [this](std::string_view schema, std::string_view table) { return tables_->known(schema, table); },
        registry,
        warehouse_,
        shapes_,
        ledger_,
        *offsets_,
        [this] { return threads_ == nullptr ? Status{success()} : threads_->settle(settle_max); }};
    WALFERRY_TRY(source, EventSource::open(std::move(parts), stop));
    source_ = std::move(source);
    if (goal.caught_up || goal.resynced) {
        WALFERRY_TRYV(find_end(stop));
    }
    if (outbox_ != nullptr) outbox_->serve(0);
    progress_->durable = progress_->received = 1;
    WALFERRY_TRY(open_letters, count_open_letters(*session_, control));
    board_.set_dead_letters(open_letters);
    board_.set_session(registry_, progress_);
    board_.set_state("streaming");
    letters_ = std::make_unique<DeadLetterOffice>(control, config_.dead_letters.rate_max, shares);
    WALFERRY_TRYV(letters_->open(*session_));
    constexpr PgTime unknown =
        std::numeric_limits<PgTime>::max();  // other workers have applied what they have
    threads_ = std::make_unique<SessionThreads>(SessionThreads::Parts{
        config_,    warehouse_,
        *session_,  *source_,
        control,    *registry_,
        *progress_, [this](const Relation& relation) { return tables_->resolve(relation); },
        *reshaper_, ledger_,
        Lsn{1},     unknown,
        0,          shares,
        metrics_,   errands_,
        *letters_,  board_,
        nullptr,    outbox_});
    threads_->start();
    spdlog::info("reading topics of {} as a member of group {}", config_.kafka->kafka.brokers,
                 config_.kafka->group);
    return success();
}

/// A checkpoint past the end is never reached: the topic was made anew, which the reader finds out. Only a
/// broker that has just started may be late to know its ends.
Status EventSession::find_end(std::stop_token stop) {
    WALFERRY_TRY(applied, offsets_->read(*session_));
    WALFERRY_TRY(partitions, source_->consumer().partitions());
    const auto deadline = steady_clock::now() + end_patience;
    for (bool again = true; again;) {
        WALFERRY_TRY(end, source_->consumer().end_offsets(partitions));
        end_ = std::move(end);
        const bool waits = !stop.stop_requested() && steady_clock::now() < deadline;
        again = false;
        for (const PartitionOffset& each : applied) {
            const auto ours = end_.find(each.of);
            if (ours == end_.end() || each.next <= ours->second) continue;
            again = waits;
            ours->second = std::numeric_limits<std::int64_t>::max();
        }
        if (again) std::this_thread::sleep_for(goal_interval);
    }
    return success();
}

Result<SessionEnd> EventSession::supervise(std::stop_token stop, PipelineSession::Goal goal) {
    const bool ends = goal.caught_up || goal.resynced;
    if (ends) {
        WALFERRY_TRY(looker, warehouse_.connect());
        looker_ = std::move(looker);
        progress_->wanted = std::numeric_limits<std::uint64_t>::max();  // every position is saved at once
    }
    auto next_report = steady_clock::now();
    auto next_goal = steady_clock::now();
    while (!stop.stop_requested()) {
        if (threads_->wait_for_failure(supervise_interval)) return threads_->failure();
        if (threads_->wants_start_again()) return SessionEnd::StartAgain;
        if (due(next_report, report_interval)) report();
        if (ends && due(next_goal, goal_interval)) {
            WALFERRY_TRY(reached, reached_end());
            if (reached) return SessionEnd::CaughtUp;
        }
    }
    return SessionEnd::Stopped;
}

/// Of all partitions, also those that others apply.
Result<bool> EventSession::reached_end() {
    WALFERRY_TRY(rows, offsets_->read(*looker_));
    return std::all_of(end_.begin(), end_.end(), [&](const auto& wanted) {
        return std::any_of(rows.begin(), rows.end(), [&](const PartitionOffset& row) {
            return row.of == wanted.first && row.next >= wanted.second;
        });
    });
}

/// Kafka out of reach is the reader's to tell.
void EventSession::look_at_partitions() {
    const std::vector<PartitionOffset> applied = ledger_->saved();
    std::vector<KafkaPartition> partitions;
    for (const PartitionOffset& each : applied) partitions.push_back(each.of);
    if (watch_ == nullptr) {
        auto watch = TopicWatch::open(config_.kafka->kafka, config_.kafka->topics, watch_patience);
        if (watch) watch_ = std::move(watch).value();
    }
    std::map<KafkaPartition, KafkaRange> ranges;
    if (watch_ != nullptr) {
        auto found = watch_->ranges(partitions);
        if (found) ranges = std::move(found).value();
    }
    const std::vector<PartitionReport> reports = partition_reports(applied, ranges);
    board_.set_partitions(reports);
    metrics_.kafka_lag(reports);
}

void EventSession::report() {
    look_at_partitions();
    report_session(config_, board_, *registry_, *progress_, metrics_);
}

}  // namespace walferry
