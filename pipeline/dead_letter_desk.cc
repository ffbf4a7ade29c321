#include "pipeline/dead_letter_desk.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "checkpoint/checkpoint_store.h"
#include "pipeline/dead_letter_replayer.h"
#include "pipeline/session_setup.h"

namespace walferry {

namespace {

Status write_alone(WarehouseSession& session, const CheckpointStore& checkpoints, const WriterWork& work) {
    WALFERRY_TRY(checkpoint, checkpoints.read(session));
    if (!checkpoint) {
        return Error{ErrorKind::Refused, "the warehouse has no checkpoint of this pipeline",
                     "`walferry status CONFIG` says where it stands", ""};
    }
    WALFERRY_TRYV(work(session));
    return checkpoints.hold(session, checkpoint->epoch);
}

}  // namespace

WarehouseKind warehouse_kind(const Config& config) {
    return config.warehouse.duckdb ? WarehouseKind::DuckDb : WarehouseKind::Postgres;
}

Result<DeadLetterDesk::Opened> DeadLetterDesk::open() const {
    WALFERRY_TRY(session, parts_.reader());
    const ControlSchema control =
        control_schema(parts_.config, warehouse_kind(parts_.config), session->catalog());
    Opened opened{std::move(session), DeadLetterStore(control), false};
    WALFERRY_TRY(exists, opened.store.exists(*opened.session));
    opened.exists = exists;
    return opened;
}

Result<std::vector<DeadLetter>> DeadLetterDesk::list(const DeadLetterFilter& filter,
                                                     const DeadLetterCursor* after) const {
    WALFERRY_TRY(opened, open());
    if (!opened.exists) return std::vector<DeadLetter>();
    return opened.store.list(*opened.session, filter, after);
}

Result<std::vector<std::int64_t>> DeadLetterDesk::discard(const std::vector<std::int64_t>& ids) const {
    WALFERRY_TRY(opened, open());
    std::vector<std::int64_t> discarded;
    if (!opened.exists) return discarded;
    const WriterWork work = [&](WarehouseSession& session) -> Status {
        WALFERRY_TRY(marked, opened.store.mark(session, ids, DeadLetterState::Discarded));
        discarded = std::move(marked);
        return success();
    };
    const std::vector<Status> outcomes = parts_.writer({work});
    if (!outcomes.front()) return outcomes.front().error();
    if (!discarded.empty()) spdlog::info("{} dead letters were discarded", discarded.size());
    WALFERRY_TRYV(tell_change(opened));
    return discarded;
}

Result<ReplayReport> DeadLetterDesk::replay(const std::vector<std::int64_t>& ids) const {
    if (ids.size() > replay_letters_max) {
        return Error{ErrorKind::Data,
                     fmt::format("at most {} letters are replayed at once", replay_letters_max), "", ""};
    }
    WALFERRY_TRY(opened, open());
    ReplayReport report;
    if (!opened.exists || ids.empty()) return report;
    WALFERRY_TRY(replay_one,
                 dead_letter_replayer(parts_.config, warehouse_kind(parts_.config), *opened.session));
    DeadLetterFilter filter;
    filter.ids = ids;
    std::optional<DeadLetterCursor> after;
    while (!report.failure) {
        WALFERRY_TRY(letters, opened.store.list(*opened.session, filter, after ? &*after : nullptr));
        if (letters.empty()) break;
        after = cursor_of(letters.back());
        ReplayReport more = replay_letters(opened.store, letters, replay_one, parts_.writer);
        report.results.insert(report.results.end(), more.results.begin(), more.results.end());
        report.failure = std::move(more.failure);
    }
    spdlog::info("{} dead letters were tried again", report.results.size());
    WALFERRY_TRYV(tell_change(opened));
    return report;
}

Status DeadLetterDesk::tell_change(Opened& opened) const {
    if (!parts_.on_change) return success();
    WALFERRY_TRY(counts, opened.store.count_pending(*opened.session));
    parts_.on_change(total(counts));
    return success();
}

Result<std::uint64_t> count_open_letters(WarehouseSession& session, const ControlSchema& control) {
    const DeadLetterStore store(control);
    WALFERRY_TRY(exists, store.exists(session));
    if (!exists) return std::uint64_t{0};
    WALFERRY_TRY(counts, store.count_pending(session));
    return total(counts);
}

SingleWriter make_lone_writer(WarehouseSession& session, ControlSchema control) {
    return [&session, checkpoints = CheckpointStore(std::move(control))](std::vector<WriterWork> works) {
        std::vector<Status> outcomes;
        for (const WriterWork& work : works) {
            Status outcome = session.begin();
            if (outcome) outcome = write_alone(session, checkpoints, work);
            if (outcome) outcome = session.commit();
            if (!outcome) session.rollback();
            outcomes.push_back(std::move(outcome));
        }
        return outcomes;
    };
}

}  // namespace walferry
