#include "pipeline/pipeline.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <thread>

#include "pipeline/kafka/event_session.h"
#include "pipeline/outbox/outbox_relay.h"
#include "pipeline/pipeline_session.h"
#include "pipeline/retry_policy.h"
#include "pipeline/thread_watch.h"
#include "pipeline/verify/verify_schedule.h"
#include "warehouse/duckdb/duckdb_warehouse.h"
#include "warehouse/postgres/postgres_warehouse.h"

namespace walferry {

namespace {

/// How long a clean stop publishes what is left.
constexpr std::chrono::seconds outbox_drain_max{5};
/// How long what people change waits for the applier.
constexpr std::chrono::seconds errand_patience{20};
/// A session that begins takes less.
constexpr std::chrono::seconds session_patience{5};
/// So does the first opening of a warehouse.
constexpr std::chrono::seconds opening_patience{3};

/// Sleeps so long, or until asked to stop; not in one piece, which would look like a thread that stands
/// still.
void pause(std::chrono::milliseconds time, std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    constexpr std::chrono::milliseconds piece{250};
    const auto end = std::chrono::steady_clock::now() + time;
    while (!stop.stop_requested() && std::chrono::steady_clock::now() < end)
        stopped.wait_for(lock, stop, std::min(time, piece), [] { return false; });
}

}  // namespace

Pipeline::Pipeline(Config config)
    : exchange_(std::move(config)),
      board_(this->config().pipeline),
      metrics_(this->config().pipeline),
      verify_(verify_parts(), [this](const VerifyDesk::Entry& entry) {
          const std::uint64_t mismatches = entry.result.differences() - entry.result.repaired;
          metrics_.verified(entry.result.table, entry.result.target, mismatches);
          board_.set_verified(entry.result.target, entry.at, mismatches);
      }) {}

Status Pipeline::run(std::stop_token stop, Options options) {
    const WatchedThread watched("supervisor");
    std::optional<VerifySchedule> schedule;
    if (config().verify && !options.until_caught_up && !options.until_resynced) {
        schedule.emplace(*config().verify, verify_, [this] { return board_.report().state == "streaming"; });
    }
    if (!config().outbox) return run_sessions(std::move(stop), options, nullptr);
    OutboxRelay outbox(
        config(), [this] { return query_session(); }, metrics_,
        [this](std::uint64_t rows) { board_.set_outbox_pending(rows); });
    Status end = run_sessions(std::move(stop), options, &outbox);
    if (end) outbox.drain(outbox_drain_max);
    return end;
}

Status Pipeline::run_sessions(std::stop_token stop, Options options, OutboxRelay* outbox) {
    Backoff backoff;
    std::uint64_t epoch = 0;
    while (!stop.stop_requested()) {
        const auto started = std::chrono::steady_clock::now();
        std::stop_source session_stop;
        const std::stop_callback forward(stop, [&session_stop] { session_stop.request_stop(); });
        if (exchange_.begin_session(session_stop)) board_.set_state("starting");
        Result<SessionEnd> end = [&]() -> Result<SessionEnd> {
            WALFERRY_TRY(opened, warehouse());
            const PipelineSession::Goal goal{options.until_caught_up, options.until_resynced};
            const auto began = [this] { exchange_.settle(); };
            if (config().kafka) {
                EventSession session(config(), *opened, board_, metrics_, errands_, outbox);
                return session.run(session_stop.get_token(), goal, began);
            }
            PipelineSession session(config(), *opened, board_, metrics_, errands_, resync_board_, epoch,
                                    outbox);
            return session.run(session_stop.get_token(), goal, began);
        }();
        const bool reloads = session_stop.stop_requested() && !stop.stop_requested();
        if (end && reloads && end.value() == SessionEnd::Stopped) continue;
        if (end && end.value() != SessionEnd::StartAgain) {
            board_.set_state("stopped");
            return success();
        }
        if (end) continue;
        const Error& error = end.error();
        const FailureAction action = action_for(error.kind);
        if (action == FailureAction::End) {
            if (reloads) continue;
            break;
        }
        if (action != FailureAction::Retry && exchange_.give_up()) {
            spdlog::error("reload given up, going on as before: {}", describe(error));
            continue;
        }
        if (action != FailureAction::Retry) {
            board_.set_state("failed", describe(error));
            return error;
        }
        constexpr std::chrono::seconds healthy{10};
        if (std::chrono::steady_clock::now() - started > healthy) backoff.reset();
        const auto delay = backoff.next(error.kind);
        board_.set_state("retrying", describe(error));
        metrics_.state("retrying");
        metrics_.retried("pipeline", error.kind);
        spdlog::warn("{}; trying again in {} ms", describe(error), delay.count());
        pause(delay, session_stop.get_token());
    }
    board_.set_state("stopped");
    return success();
}

Result<std::shared_ptr<Warehouse>> Pipeline::warehouse() {
    const std::lock_guard lock(mutex_);
    if (warehouse_ != nullptr) {
        // A DuckDB that failed fatally gives no more sessions: open it anew.
        if (warehouse_->kind() == WarehouseKind::Postgres || warehouse_->connect()) return warehouse_;
        warehouse_.reset();
    }
    WALFERRY_TRY(opened, open_warehouse(config(), false));
    warehouse_ = std::move(opened);
    return warehouse_;
}

Result<std::unique_ptr<WarehouseSession>> Pipeline::query_session() {
    std::shared_ptr<Warehouse> open;
    {
        const std::lock_guard lock(mutex_);
        open = warehouse_;
    }
    if (open == nullptr)
        return Error{ErrorKind::Busy, "the warehouse is not open yet", "try again in a moment", ""};
    return open->connect();
}

Result<std::unique_ptr<WarehouseSession>> Pipeline::query_session_soon() {
    constexpr std::chrono::milliseconds step{20};
    const auto deadline = std::chrono::steady_clock::now() + opening_patience;
    for (;;) {
        auto session = query_session();
        if (session || session.error().kind != ErrorKind::Busy ||
            std::chrono::steady_clock::now() >= deadline)
            return session;
        std::this_thread::sleep_for(step);
    }
}

SingleWriter Pipeline::writer() {
    return [this](std::vector<WriterWork> works) {
        errands_.wait_for_session(session_patience);
        return errands_.run(std::move(works), errand_patience);
    };
}

Verifier::Parts Pipeline::verify_parts() {
    return {config(), [this] { return query_session(); }, [this] { return board_.progress(); }, writer()};
}

DeadLetterDesk Pipeline::dead_letters() {
    return DeadLetterDesk({config(), [this] { return query_session_soon(); }, writer(),
                           [this](std::uint64_t open) {
                               board_.set_dead_letters(open);
                               metrics_.dead_letters_pending(open);
                           }});
}

ResyncDesk Pipeline::resyncs() {
    return ResyncDesk({config(), [this] { return query_session_soon(); }, writer(), &resync_board_,
                       [this] { return status(); }});
}

StatusReport Pipeline::status() const {
    StatusReport report = board_.report();
    report.resyncs = resync_board_.open();
    return report;
}

Result<std::unique_ptr<Warehouse>> open_warehouse(const Config& config, bool read_only) {
    if (config.warehouse.duckdb) {
        DuckDbWarehouseOptions options;
        options.path = config.warehouse.duckdb->path;
        options.memory_limit = config.warehouse.duckdb->memory_limit;
        options.threads = config.warehouse.duckdb->threads;
        options.read_only = read_only;
        return open_duckdb_warehouse(options);
    }
    return make_postgres_warehouse(
        {config.warehouse.postgres->connection, read_only, read_only ? "" : config.pipeline});
}

std::unique_ptr<Warehouse> open_query_warehouse(const Config& config) {
    return make_postgres_warehouse({config.warehouse.postgres->connection, true, "", config.http.sql_role});
}

}  // namespace walferry
