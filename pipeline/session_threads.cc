#include "pipeline/session_threads.h"

#include <spdlog/spdlog.h>

#include "pipeline/target_destination.h"
#include "pipeline/thread_watch.h"

namespace walferry {

namespace {

BatchLimits limits_of(const BatchConfig& config) {
    return {config.rows_max, config.bytes_max};
}

}  // namespace

SessionThreads::SessionThreads(Parts parts)
    : parts_(std::move(parts)),
      builder_(limits_of(parts_.config.batch), parts_.registry, parts_.resolve, parts_.position),
      reader_(parts_.source, builder_, queue_, parts_.progress, parts_.config.batch.delay_max),
      applier_(parts_.session, parts_.warehouse.kind(),
               BatchApplier::Owner{parts_.checkpoints, TableStateStore(parts_.control), parts_.registry,
                                   parts_.letters, &parts_.reshaper, parts_.epoch, parts_.shares_tables,
                                   parts_.position, parts_.latest_commit_time, parts_.outbox != nullptr}) {
    if (parts_.resyncs == nullptr) return;
    resyncs_.emplace(
        LiveResync::Parts{parts_.config, parts_.warehouse, parts_.control, parts_.registry, parts_.errands,
                          parts_.letters, *parts_.resyncs, parts_.epoch, parts_.outbox != nullptr},
        [this](Error error) { report("resync", error); });
}

SessionThreads::~SessionThreads() {
    stop(parts_.session);
}

void SessionThreads::start() {
    parts_.errands.open(parts_.checkpoints, [this] { queue_.wake_applier(); });
    reader_thread_ = std::jthread([this](std::stop_token stop) {
        const WatchedThread watched("reader");
        report("reader", run_reader(stop));
    });
    applier_thread_ = std::jthread([this](std::stop_token stop) {
        const WatchedThread watched("applier");
        report("applier", run_applier(stop));
        parts_.errands.close();
        applier_ended_ = true;
    });
    if (resyncs_) resyncs_->start();
}

void SessionThreads::report(const char* who, const Status& outcome) {
    if (outcome || outcome.error().kind == ErrorKind::Cancelled) return;
    {
        const std::lock_guard lock(mutex_);
        if (failure_) return;
        failure_ = outcome.error().in(who);
    }
    failed_.notify_all();
}

bool SessionThreads::wait_for_failure(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return failed_.wait_for(lock, time, [this] { return failure_.has_value(); });
}

Error SessionThreads::failure() {
    const std::lock_guard lock(mutex_);
    return failure_.value_or(Error{});
}

Status SessionThreads::run_reader(std::stop_token stop) {
    return reader_.run(stop);
}

Status SessionThreads::run_applier(std::stop_token stop) {
    ApplierLoop loop(applier_, parts_.session, parts_.warehouse.kind(), queue_, parts_.registry,
                     parts_.progress, parts_.errands, [this](const CommittedBatch& batch) {
                         parts_.metrics.committed(batch);
                         if (batch.open_letters) parts_.board.set_dead_letters(*batch.open_letters);
                         if (parts_.outbox != nullptr) parts_.outbox->wake();
                     });
    return loop.run(stop);
}

void SessionThreads::look_after_copies(bool wait_for_writers) {
    if (copying_) return;
    std::vector<std::shared_ptr<Table>> tables;
    for (const auto& table : parts_.registry.all()) {
        if (table->state == TableState::Copying) tables.push_back(table);
    }
    if (tables.empty()) return;
    if (copy_thread_.joinable()) copy_thread_.join();
    copying_ = true;
    copy_thread_ = std::jthread([this, tables, wait_for_writers](std::stop_token stop) {
        report("copy", run_copy(tables, wait_for_writers, stop));
        copying_ = false;
    });
}

Status SessionThreads::run_copy(const std::vector<std::shared_ptr<Table>>& tables, bool wait_for_writers,
                                std::stop_token stop) {
    CopyOptions options{parts_.config.source.connection,
                        parts_.config.source.copy_workers,
                        [this](const Table& table, std::uint64_t rows) {
                            parts_.metrics.copy_committed(table.source().qualified_name(), rows);
                        },
                        nullptr,
                        {},
                        parts_.config.source.publication};
    options.letters = &parts_.letters;
    options.refused = [this](const Table& table, const CarefulCopy::Outcome& outcome, std::uint64_t open) {
        for (const auto& [stage, letters] : outcome.letters)
            parts_.metrics.dead_lettered(table.source().qualified_name(), std::string(to_string(stage)),
                                         letters);
        for (const auto& [what, rows] : outcome.violations) parts_.metrics.violated(what, rows);
        parts_.metrics.dead_letters_pending(open);
        parts_.board.set_dead_letters(open);
    };
    TargetDestination targets(parts_.control, {parts_.epoch, parts_.latest_commit_time, &parts_.letters});
    TableCopy copy(options, parts_.warehouse, targets);
    return copy.run(tables, wait_for_writers, stop);
}

void SessionThreads::stop(WarehouseSession& session) {
    constexpr std::chrono::milliseconds step{5};
    constexpr std::chrono::seconds grace{10};
    copy_thread_.request_stop();
    if (resyncs_) resyncs_->request_stop();
    applier_thread_.request_stop();
    reader_thread_.request_stop();
    for (auto waited = step; applier_thread_.joinable() && !applier_ended_ && waited < grace;
         waited += step) {
        std::this_thread::sleep_for(step);
    }
    if (applier_thread_.joinable() && !applier_ended_) {
        spdlog::warn("the warehouse does not answer: giving its transaction up");
        // Again and again: DuckDB forgets an interrupt that arrives between two statements.
        for (; !applier_ended_; std::this_thread::sleep_for(step)) session.interrupt();
    }
    if (applier_thread_.joinable()) applier_thread_.join();
    queue_.wake_reader();
    if (reader_thread_.joinable()) reader_thread_.join();
    if (copy_thread_.joinable()) copy_thread_.join();
    if (resyncs_) resyncs_->stop();
}

}  // namespace walferry
