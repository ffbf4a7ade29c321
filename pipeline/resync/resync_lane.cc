#include "pipeline/resync/resync_lane.h"

#include <utility>

#include "pipeline/resync/shadow_plan.h"

namespace walferry {

namespace {

constexpr std::chrono::milliseconds look_interval{100};

}  // namespace

ResyncLane::ResyncLane(LiveResync::Parts parts, std::function<void(Error)> failed)
    : parts_(parts), failed_(std::move(failed)) {}

void ResyncLane::start() {
    thread_ = std::jthread([this](std::stop_token stop) {
        const Status done = work(stop);
        if (!done && done.error().kind != ErrorKind::Cancelled && !stop.stop_requested())
            failed_(done.error());
    });
}

void ResyncLane::stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

Status ResyncLane::work(std::stop_token stop) {
    WALFERRY_TRYV(clear_leftovers(stop));
    parts_.board.announce();
    while (!stop.stop_requested()) {
        if (!parts_.board.is_announced()) {
            std::this_thread::sleep_for(look_interval);
            continue;
        }
        idle_ = false;
        parts_.board.take_announcement();
        WALFERRY_TRY(rows, open_requests());
        for (const ResyncRow& row : rows) parts_.board.show({row, 0});
        for (ResyncRow& row : rows) {
            if (stop.stop_requested()) return success();
            LiveResync resync(parts_, std::move(row));
            WALFERRY_TRYV(resync.run(stop));
        }
        if (!rows.empty()) parts_.board.announce();  // others may have come
        idle_ = rows.empty();
    }
    return success();
}

Result<std::vector<ResyncRow>> ResyncLane::open_requests() {
    WALFERRY_TRY(session, parts_.warehouse.connect());
    return ResyncStore(parts_.control).read(*session, true);
}

/// What a session before this one has left of its resyncs; they begin anew.
Status ResyncLane::clear_leftovers(std::stop_token stop) {
    const auto clear = [this](WarehouseSession& session) -> Status {
        WALFERRY_TRYV(drop_all_shadow_tables(session, parts_.control));
        WALFERRY_TRYV(clear_shadow_letters(session, shadow_control(parts_.control)));
        for (const auto& table : parts_.registry.all()) {
            if (table->state != TableState::Streaming) continue;
            WALFERRY_TRYV(PendingChanges(parts_.control).clear(session, table->source().id));
        }
        return success();
    };
    while (!stop.stop_requested()) {
        const Status cleared = parts_.errands.run(clear, std::chrono::seconds(5));
        if (cleared || cleared.error().kind != ErrorKind::Busy) return cleared;
        std::this_thread::sleep_for(look_interval);
    }
    return success();
}

}  // namespace walferry
