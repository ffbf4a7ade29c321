#include "pipeline/resync/resync_board.h"

namespace walferry {

namespace {

/// More than ever wait at the same time: an older one was cleared long ago.
constexpr std::size_t cancelled_ids_kept = 10'000;

}  // namespace

void ResyncBoard::show(const ResyncReport& report) {
    const std::lock_guard lock(mutex_);
    if (cancelled_.contains(report.row.id)) return;
    running_[report.row.id] = report;
}

void ResyncBoard::clear(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    running_.erase(id);
}

std::optional<ResyncReport> ResyncBoard::running(std::int64_t id) const {
    const std::lock_guard lock(mutex_);
    const auto found = running_.find(id);
    if (found == running_.end()) return std::nullopt;
    return found->second;
}

std::vector<ResyncReport> ResyncBoard::open() const {
    const std::lock_guard lock(mutex_);
    std::vector<ResyncReport> reports;
    for (const auto& [id, report] : running_) reports.push_back(report);
    return reports;
}

void ResyncBoard::cancel(std::int64_t id) {
    const std::lock_guard lock(mutex_);
    running_.erase(id);
    cancelled_.insert(id);
    if (cancelled_.size() > cancelled_ids_kept) cancelled_.erase(cancelled_.begin());
}

bool ResyncBoard::is_cancelled(std::int64_t id) const {
    const std::lock_guard lock(mutex_);
    return cancelled_.contains(id);
}

}  // namespace walferry
