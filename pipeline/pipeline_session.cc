#include "pipeline/pipeline_session.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <vector>

#include "apply/row_encoder.h"
#include "pipeline/applier_loop.h"
#include "pipeline/dead_letter_desk.h"
#include "pipeline/due_time.h"
#include "pipeline/session_metrics.h"
#include "pipeline/session_threads.h"

namespace walferry {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds supervise_interval{20};
constexpr milliseconds source_interval{2'000};
/// A look at the tables of the source may take a hundredth of the time.
constexpr milliseconds tables_interval_min{1'000}, tables_interval_max{5'000};
constexpr int tables_share = 100;

milliseconds next_look_after(steady_clock::duration took) {
    return std::clamp(std::chrono::duration_cast<milliseconds>(took * tables_share), tables_interval_min,
                      tables_interval_max);
}

}  // namespace

PipelineSession::PipelineSession(const Config& config, Warehouse& warehouse, StatusBoard& board,
                                 Metrics& metrics, ApplierErrands& errands, ResyncBoard& resyncs,
                                 std::uint64_t& epoch, OutboxRelay* outbox)
    : config_(config),
      warehouse_(warehouse),
      board_(board),
      metrics_(metrics),
      errands_(errands),
      resyncs_(resyncs),
      epoch_(epoch),
      outbox_(outbox) {}

PipelineSession::~PipelineSession() {
    if (threads_ != nullptr) threads_->stop(*ready_.session);
    board_.set_session(nullptr, nullptr);
}

Result<SessionEnd> PipelineSession::run(std::stop_token stop, Goal goal, const std::function<void()>& began) {
    WALFERRY_TRYV(begin(stop));
    began();
    if (goal.caught_up || goal.resynced) {
        WALFERRY_TRYV(set_goal());
    }
    auto end = supervise(stop, goal);
    threads_->stop(*ready_.session);
    report_tables();
    if (!end) return end;
    // The last word to the source: what is durable now.
    WALFERRY_TRYV(ready_.source->acknowledge(Lsn{progress_->durable}));
    WALFERRY_TRYV(ready_.source->keep_alive());
    spdlog::info("stopped at checkpoint {}", to_string(Lsn{progress_->durable}));
    return end;
}

Status PipelineSession::begin(std::stop_token stop) {
    WALFERRY_TRY(ready, set_up_session(config_, warehouse_, epoch_, stop));
    ready_ = std::move(ready);
    if (outbox_ != nullptr) outbox_->serve(ready_.checkpoint.epoch);
    progress_->durable = ready_.checkpoint.position.value;
    progress_->received = ready_.checkpoint.position.value;
    const ControlSchema control = control_schema(config_, warehouse_.kind(), ready_.session->catalog());
    intake_ = std::make_unique<TableIntake>(config_, warehouse_, control, *registry_, ready_.checkpoint.epoch,
                                            ready_.checkpoint.made_publication);
    WALFERRY_TRYV(look_after_tables());
    WALFERRY_TRY(open_letters, count_open_letters(*ready_.session, control));
    board_.set_dead_letters(open_letters);
    board_.set_session(registry_, progress_);
    board_.set_state("streaming");
    letters_ = std::make_unique<DeadLetterOffice>(control, config_.dead_letters.rate_max);
    WALFERRY_TRYV(letters_->open(*ready_.session));
    const Checkpoint& checkpoint = ready_.checkpoint;
    changer_ = std::make_unique<SchemaChanger>(config_, control, checkpoint.epoch);
    threads_ = std::make_unique<SessionThreads>(SessionThreads::Parts{
        config_,
        warehouse_,
        *ready_.session,
        *ready_.source,
        control,
        *registry_,
        *progress_,
        [this](const Relation& relation) { return intake_->resolve(relation); },
        *changer_,
        std::make_shared<PipelineCheckpoint>(CheckpointStore(control), checkpoint.epoch),
        checkpoint.position,
        checkpoint.latest_commit_time,
        checkpoint.epoch,
        false,
        metrics_,
        errands_,
        *letters_,
        board_,
        &resyncs_,
        outbox_});
    // Tables that were published before the slot was made need no wait; whatever the reader takes in does.
    threads_->look_after_copies(!ready_.fresh || published_some_);
    threads_->start();
    spdlog::info("streaming {} tables from {}", registry_->all().size(),
                 to_string(ready_.checkpoint.position));
    return success();
}

/// Everything that is committed at the source by now has to be durable in the warehouse.
Status PipelineSession::set_goal() {
    WALFERRY_TRY(position, ready_.catalog->wal_position());
    progress_->wanted = position.value;
    return success();
}

Result<SessionEnd> PipelineSession::supervise(std::stop_token stop, Goal goal) {
    auto next_source = steady_clock::now();
    auto next_tables = steady_clock::now() + tables_interval_min;
    while (!stop.stop_requested()) {
        if (threads_->wait_for_failure(supervise_interval)) {
            // A table that came back has a gap until it is copied: what fails over that, the new session
            // mends.
            if (threads_->wants_start_again()) return SessionEnd::StartAgain;
            Error failure = threads_->failure();
            if (failure.kind != ErrorKind::Refused) return failure;
            WALFERRY_TRYV(look_after_tables());
            if (start_again_) return SessionEnd::StartAgain;
            return failure;
        }
        if (threads_->wants_start_again()) return SessionEnd::StartAgain;
        threads_->look_after_copies(true);
        if (due(next_source, source_interval)) {
            WALFERRY_TRYV(look_after_source());
        }
        if (const auto begun = steady_clock::now(); begun >= next_tables) {
            WALFERRY_TRYV(look_after_tables());
            next_tables = steady_clock::now() + next_look_after(steady_clock::now() - begun);
            if (start_again_ && !threads_->copying()) return SessionEnd::StartAgain;
        }
        const bool caught_up = progress_->durable >= progress_->wanted && all_streaming();
        if (goal.caught_up && caught_up) return SessionEnd::CaughtUp;
        if (goal.resynced && caught_up && !threads_->resyncing()) return SessionEnd::CaughtUp;
    }
    return SessionEnd::Stopped;
}

bool PipelineSession::all_streaming() const {
    const auto tables = registry_->all();
    return std::all_of(tables.begin(), tables.end(), [](const auto& table) { return table->streams(); });
}

Status PipelineSession::look_after_source() {
    WALFERRY_TRY(position, ready_.catalog->wal_position());
    WALFERRY_TRY(slot, ready_.catalog->slot(config_.source.slot));
    board_.set_source(position, slot);
    if (slot) {
        metrics_.slot(static_cast<double>(slot->retained_wal_bytes),
                      slot->safe_wal_bytes ? static_cast<double>(*slot->safe_wal_bytes) : -1);
    }
    report_tables();
    return success();
}

void PipelineSession::report_tables() {
    report_session(config_, board_, *registry_, *progress_, metrics_);
}

Status PipelineSession::look_after_tables() {
    auto taken_in = intake_->take_in();
    if (!taken_in && taken_in.error().kind == ErrorKind::Busy && threads_ != nullptr) {
        spdlog::warn("looking for new tables again in some seconds: {}", taken_in.error().message);
        return success();
    }
    if (!taken_in) return taken_in.error();
    const TableIntake::Outcome& outcome = taken_in.value();
    start_again_ = start_again_ || outcome.start_again;
    published_some_ = published_some_ || outcome.published_some;
    std::vector<TableReport> excluded;
    for (const CandidateTable& table : outcome.excluded) {
        if (registry_->find(table.id) != nullptr) continue;  // it lost its identity, and streams all the same
        TableReport row;
        row.name = table.schema + "." + table.name;
        row.state = "excluded";
        row.reason = table.identity_problem;
        excluded.push_back(std::move(row));
    }
    board_.set_excluded(std::move(excluded));
    return success();
}

}  // namespace walferry
