#include "pipeline/pipeline_status.h"

#include "apply/load_row.h"

#include <algorithm>
#include <limits>

#include "apply/row_encoder.h"

namespace walferry {

void StatusBoard::set_state(const std::string& state, const std::string& reason) {
    const std::lock_guard lock(mutex_);
    state_ = state;
    reason_ = reason;
}

void StatusBoard::set_session(std::shared_ptr<TableRegistry> registry, std::shared_ptr<Progress> progress) {
    const std::lock_guard lock(mutex_);
    registry_ = std::move(registry);
    progress_ = std::move(progress);
}

void StatusBoard::set_excluded(std::vector<TableReport> excluded) {
    const std::lock_guard lock(mutex_);
    excluded_ = std::move(excluded);
}

void StatusBoard::set_dead_letters(std::uint64_t pending) {
    const std::lock_guard lock(mutex_);
    dead_letters_ = pending;
}

void StatusBoard::set_outbox_pending(std::uint64_t rows) {
    const std::lock_guard lock(mutex_);
    outbox_pending_ = rows;
}

void StatusBoard::set_verified(const std::string& target, PgTime at, std::uint64_t mismatches) {
    const std::lock_guard lock(mutex_);
    verified_[target] = {at, mismatches};
}

std::shared_ptr<Progress> StatusBoard::progress() const {
    const std::lock_guard lock(mutex_);
    return progress_;
}

void StatusBoard::set_source(Lsn position, const std::optional<SlotStatus>& slot) {
    const std::lock_guard lock(mutex_);
    source_ = std::max(source_, position);
    source_seen_ = std::chrono::steady_clock::now();
    if (!slot) return;
    retained_wal_bytes_ = slot->retained_wal_bytes;
    safe_wal_bytes_ = slot->safe_wal_bytes;
}

void StatusBoard::set_partitions(std::vector<PartitionReport> partitions) {
    const std::lock_guard lock(mutex_);
    partitions_ = std::move(partitions);
    source_seen_ = std::chrono::steady_clock::now();
}

StatusReport StatusBoard::report() const {
    const std::lock_guard lock(mutex_);
    StatusReport report;
    report.pipeline = pipeline_;
    report.state = state_;
    report.reason = reason_;
    report.source = source_;
    report.retained_wal_bytes = retained_wal_bytes_;
    report.safe_wal_bytes = safe_wal_bytes_;
    if (source_seen_) {
        const auto age = std::chrono::steady_clock::now() - *source_seen_;
        report.source_age_seconds = std::chrono::duration<double>(age).count();
    }
    report.dead_letters = dead_letters_;
    report.outbox_pending = outbox_pending_;
    for (const auto& [target, verified] : verified_)
        report.verify_mismatches = report.verify_mismatches.value_or(0) + verified.mismatches;
    report.lag_seconds = std::numeric_limits<double>::quiet_NaN();
    if (progress_ != nullptr) {
        report.checkpoint = Lsn{progress_->durable};
        report.source = std::max(source_, report.checkpoint);
        report.lag_bytes = static_cast<std::int64_t>(report.source.value - report.checkpoint.value);
        const PgTime oldest = progress_->oldest_undurable_commit();
        report.lag_seconds =
            oldest == 0 ? 0 : std::max(0.0, static_cast<double>(pg_time_now() - oldest) / 1e6);
    }
    if (partitions_) {
        report.from_kafka = true;
        report.partitions = *partitions_;
        report.checkpoint = report.source = Lsn{};
        report.lag_bytes = 0;
    }
    bool copying = false;
    if (registry_ != nullptr) {
        for (const auto& table : registry_->all()) {
            TableReport row;
            row.name = table->source().qualified_name();
            row.state = to_string(table->state.load());
            row.rows_copied = table->rows_copied;
            row.rows_estimated = table->source().estimated_rows;
            row.last_commit_time = table->last_commit_time;
            copying = copying || !table->streams();
            for (const auto& plan : table->plans) {
                row.target = to_string(plan->target);
                row.mode = to_string(plan->mode);
                const auto verified = verified_.find(row.target);
                row.last_verified = verified == verified_.end() ? 0 : verified->second.at;
                report.tables.push_back(row);
            }
        }
    }
    // Between two sessions nothing streams.
    if (report.state == "streaming" && progress_ == nullptr) report.state = "starting";
    if (copying && report.state == "streaming") report.state = "copying";
    report.tables.insert(report.tables.end(), excluded_.begin(), excluded_.end());
    return report;
}

}  // namespace walferry
