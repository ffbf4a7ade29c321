#include "pipeline/pipeline_status.h"

#include "apply/load_row.h"

#include <algorithm>

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

void StatusBoard::set_verified(const std::string& target, PgTime at) {
    const std::lock_guard lock(mutex_);
    verified_[target] = at;
}

std::shared_ptr<Progress> StatusBoard::progress() const {
    const std::lock_guard lock(mutex_);
    return progress_;
}

void StatusBoard::set_source(Lsn position, const std::optional<SlotStatus>& slot) {
    const std::lock_guard lock(mutex_);
    source_ = std::max(source_, position);
    if (!slot) return;
    retained_wal_bytes_ = slot->retained_wal_bytes;
    safe_wal_bytes_ = slot->safe_wal_bytes;
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
    report.dead_letters = dead_letters_;
    if (progress_ != nullptr) {
        report.checkpoint = Lsn{progress_->durable};
        report.source = std::max(source_, report.checkpoint);
        report.lag_bytes = static_cast<std::int64_t>(report.source.value - report.checkpoint.value);
        const PgTime oldest = progress_->oldest_undurable_commit();
        if (oldest != 0)
            report.lag_seconds = std::max(0.0, static_cast<double>(pg_time_now() - oldest) / 1e6);
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
                row.last_verified = verified == verified_.end() ? 0 : verified->second;
                report.tables.push_back(row);
            }
        }
    }
    if (copying && report.state == "streaming") report.state = "copying";
    report.tables.insert(report.tables.end(), excluded_.begin(), excluded_.end());
    return report;
}

}  // namespace walferry
