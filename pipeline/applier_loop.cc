#include "pipeline/applier_loop.h"

#include <spdlog/spdlog.h>

namespace walferry {

namespace {

constexpr std::chrono::milliseconds wait_max{200};
/// DuckDB's own checkpoint (WAL into the database file) is left to moments without work.
constexpr std::chrono::seconds idle_before_checkpoint{5};

}  // namespace

ApplierLoop::ApplierLoop(BatchApplier& applier, WarehouseSession& session, WarehouseKind kind,
                         BatchQueue& queue, TableRegistry& registry, Progress& progress,
                         ApplierErrands& errands, OnCommit on_commit)
    : applier_(applier),
      session_(session),
      kind_(kind),
      queue_(queue),
      registry_(registry),
      progress_(progress),
      errands_(errands),
      on_commit_(std::move(on_commit)) {}

Status ApplierLoop::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        if (applier_.wants_start_again()) {
            progress_.start_again = true;
            return success();
        }
        if (!applier_.transaction_open()) {
            WALFERRY_TRYV(catch_up());
            if (applier_.wants_start_again()) continue;
            WALFERRY_TRYV(do_errands());
        }
        std::unique_ptr<Batch> batch = queue_.wait_for_batch(wait_max);
        if (batch != nullptr) {
            WALFERRY_TRYV(apply(std::move(batch)));
        } else if (!applier_.transaction_open()) {
            checkpoint_when_idle();
        }
    }
    if (applier_.transaction_open()) session_.rollback();
    return success();
}

Status ApplierLoop::do_errands() {
    const std::uint64_t before = errands_.begun();
    WALFERRY_TRYV(errands_.do_waiting(session_));
    if (errands_.begun() != before) applier_.others_wrote();
    return success();
}

/// The steps of a transaction that is larger than a batch are one batch to whoever reads the log.
Result<std::optional<CommittedBatch>> ApplierLoop::apply_traced(Batch& batch) {
    trace_ = applier_.transaction_open() ? next_span(trace_) : new_trace();
    const TraceScope traced(trace_);
    spdlog::debug("batch: {} transactions, {} rows{}", batch.transactions, batch.rows(),
                  batch.complete ? "" : ", a step of a larger transaction");
    auto applied = applier_.apply(batch);
    if (!applied) {
        spdlog::debug("batch: failed: {}", describe(applied.error()));
        return applied;
    }
    if (!applied.value()) return applied;
    const CommittedBatch& committed = *applied.value();
    for (const auto& [made, letters] : committed.dead_letters)
        spdlog::info("{}: {} dead letters, stage {}", made.first.empty() ? "records" : made.first, letters,
                     to_string(made.second));
    spdlog::debug("batch: committed at {}: {} transactions, {} rows in {} ms", to_string(committed.position),
                  committed.transactions, committed.rows,
                  std::chrono::duration_cast<std::chrono::milliseconds>(committed.apply_time).count());
    return applied;
}

Status ApplierLoop::apply(std::unique_ptr<Batch> batch) {
    WALFERRY_TRY(committed, apply_traced(*batch));
    batch.reset();
    if (!committed) return success();
    on_commit_(*committed);  // before the reader hears of it, who asks what is saved
    progress_.durable = committed->position.value;
    progress_.applying_commit = 0;
    rows_since_checkpoint_ += committed->rows;
    if (committed->rows > 0) last_rows_ = std::chrono::steady_clock::now();
    queue_.wake_reader();
    return success();
}

Status ApplierLoop::catch_up() {
    bool waits = false, resyncs = false;
    for (const auto& table : registry_.all()) {
        waits = waits || table->state == TableState::CatchingUp;
        resyncs = resyncs || table->keeps_too;
    }
    progress_.catching_up = waits || resyncs;
    if (!waits) return success();
    WALFERRY_TRY(worked, applier_.catch_up());
    if (worked || registry_.turning() > 0) queue_.wake_reader();
    return success();
}

void ApplierLoop::checkpoint_when_idle() {
    if (kind_ != WarehouseKind::DuckDb || rows_since_checkpoint_ == 0) return;
    if (std::chrono::steady_clock::now() - last_rows_ < idle_before_checkpoint) return;
    // Refused while a copy writes; then it waits for the next quiet moment.
    if (session_.execute("CHECKPOINT")) rows_since_checkpoint_ = 0;
}

}  // namespace walferry
