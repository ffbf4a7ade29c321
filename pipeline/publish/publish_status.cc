#include "pipeline/publish/publish_status.h"

#include <algorithm>
#include <chrono>

namespace walferry::publish {

namespace {

double seconds_since(PgTime time) {
    using namespace std::chrono;
    constexpr auto epoch = sys_days{year{2000} / 1 / 1};
    const auto now = duration_cast<microseconds>(system_clock::now() - epoch).count();
    return std::max(0.0, static_cast<double>(now - time) / 1e6);
}

}  // namespace

void EventCounts::add(const EventCounts& other) {
    reads += other.reads;
    creates += other.creates;
    updates += other.updates;
    deletes += other.deletes;
    truncates += other.truncates;
    dead_letters += other.dead_letters;
    lost_values += other.lost_values;
}

void PublishBoard::set_state(const std::string& state, const std::string& reason) {
    const std::lock_guard lock(mutex_);
    report_.state = state;
    report_.reason = reason;
}

void PublishBoard::retried(ErrorKind reason) {
    const std::lock_guard lock(mutex_);
    ++report_.retries[reason];
}

void PublishBoard::set_source(Lsn position, const std::optional<SlotStatus>& slot) {
    const std::lock_guard lock(mutex_);
    report_.source = position;
    if (slot) report_.retained_wal_bytes = slot->retained_wal_bytes;
}

void PublishBoard::set_received(Lsn received, PgTime oldest) {
    const std::lock_guard lock(mutex_);
    report_.received = received;
    oldest_ = oldest;
}

void PublishBoard::committed(Lsn checkpoint, const std::map<std::string, EventCounts>& events,
                             std::uint64_t messages, std::uint64_t too_large) {
    const std::lock_guard lock(mutex_);
    report_.checkpoint = checkpoint;
    ++report_.commits;
    report_.messages += messages;
    report_.too_large += too_large;
    for (const auto& [table, counts] : events) report_.tables[table].add(counts);
}

PublishReport PublishBoard::report() const {
    const std::lock_guard lock(mutex_);
    PublishReport report = report_;
    const Lsn end = std::max(report.source, report.received);
    report.lag_bytes = static_cast<std::int64_t>(end.value - std::min(end, report.checkpoint).value);
    report.lag_seconds = oldest_ == 0 ? 0 : seconds_since(oldest_);
    return report;
}

}  // namespace walferry::publish
