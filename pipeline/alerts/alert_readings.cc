#include "pipeline/alerts/alert_readings.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace walferry {
namespace {

/// A session that ends sooner has not begun: one failure after the other must not look like an end of it.
constexpr std::chrono::seconds settle_time{5};
/// What was learnt from the source longer ago counts as unknown. It is asked every 2 s.
constexpr double source_age_seconds_max = 30;

double seconds_between(AlertReadings::Clock::time_point from, AlertReadings::Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

bool compare(double value, const AlertCondition& condition) {
    switch (condition.comparison) {
        case AlertComparison::Greater:
            return value > condition.limit;
        case AlertComparison::GreaterOrEqual:
            return value >= condition.limit;
        case AlertComparison::Less:
            return value < condition.limit;
        case AlertComparison::LessOrEqual:
            return value <= condition.limit;
        case AlertComparison::Equal:
            return value == condition.limit;
        case AlertComparison::NotEqual:
            return value != condition.limit;
    }
    return false;
}

}  // namespace

std::optional<bool> holds(const AlertCondition& condition, const std::optional<AlertReading>& reading) {
    if (!reading) return std::nullopt;
    const bool met = compare(reading->value, condition);
    if (!reading->at_worst) return met;
    const bool exceeds = condition.comparison == AlertComparison::Greater ||
                         condition.comparison == AlertComparison::GreaterOrEqual;
    return met && exceeds ? std::make_optional(true) : std::nullopt;
}

void AlertReadings::take(const StatusReport& report, Clock::time_point now, PgTime wall_now) {
    if (report.state == "stopped") return;  // somebody wanted that
    const bool says_so = report.state == "streaming" || report.state == "copying";
    streams_ = says_so && !std::isnan(report.lag_seconds);
    if (!streams_) streaming_since_.reset();
    if (streams_ && !streaming_since_) streaming_since_ = now;
    settled_ = streams_ && now - *streaming_since_ >= settle_time;
    if (settled_) broken_since_.reset();
    if (!settled_ && !broken_since_) broken_since_ = now;

    const auto set = [this](AlertQuantity quantity, bool known, double value) {
        if (known) readings_[quantity] = {value};
        if (!known) readings_.erase(quantity);
    };
    const bool failed = report.state == "failed";
    const double broken = broken_since_ ? seconds_between(*broken_since_, broken_until(now)) : 0;
    const double never_again = std::numeric_limits<double>::infinity();
    readings_[AlertQuantity::NotStreamingSeconds] = {failed ? never_again : broken, false, failed};
    readings_[AlertQuantity::Failed] = {failed ? 1.0 : 0.0, false, failed};

    const bool source_seen =
        report.source_age_seconds && *report.source_age_seconds <= source_age_seconds_max;
    take_lag(report, now, source_seen);
    const bool positions_known = report.checkpoint && report.source;
    set(AlertQuantity::LagBytes, streams_ && source_seen && positions_known,
        static_cast<double>(report.lag_bytes));
    set(AlertQuantity::RetainedWalBytes, source_seen, static_cast<double>(report.retained_wal_bytes));
    set(AlertQuantity::SafeWalBytes, source_seen && report.safe_wal_bytes,
        static_cast<double>(report.safe_wal_bytes.value_or(0)));
    // Counted when the first session begins; nobody else changes their number.
    if (streams_ || readings_.contains(AlertQuantity::DeadLetters))
        set(AlertQuantity::DeadLetters, true, static_cast<double>(report.dead_letters));
    set(AlertQuantity::OutboxPending, report.outbox_pending.has_value(),
        static_cast<double>(report.outbox_pending.value_or(0)));
    set(AlertQuantity::VerifyMismatches, report.verify_mismatches.has_value(),
        static_cast<double>(report.verify_mismatches.value_or(0)));
    set(AlertQuantity::FailedTables, streams_,
        static_cast<double>(std::count_if(report.tables.begin(), report.tables.end(),
                                          [](const TableReport& table) { return table.state == "failed"; })));
    take_freshness(report, wall_now);
}

/// A session that has begun ends what came before, though it may turn out that it did not.
AlertReadings::Clock::time_point AlertReadings::broken_until(Clock::time_point now) const {
    return streams_ && !settled_ ? *streaming_since_ : now;
}

/// While the lag can't be known it goes on from where it was: what the source commits meanwhile is not in the
/// warehouse either.
void AlertReadings::take_lag(const StatusReport& report, Clock::time_point now, bool source_seen) {
    AlertReading& lag = readings_[AlertQuantity::LagSeconds];
    if (settled_ && source_seen) {
        trusted_lag_ = report.lag_seconds;
        trusted_at_ = now;
        lag = {trusted_lag_};
        return;
    }
    if (!trusted_at_) trusted_at_ = now;
    const double worst = trusted_lag_ + seconds_between(*trusted_at_, broken_until(now));
    lag = {streams_ ? std::max(worst, report.lag_seconds) : worst, true};
}

/// Of the table whose newest applied commit is the oldest. A session begins without knowing them: they are
/// kept.
void AlertReadings::take_freshness(const StatusReport& report, PgTime wall_now) {
    std::map<std::string, PgTime> newest;
    for (const TableReport& table : report.tables) {
        if (table.state == "excluded") continue;
        PgTime& commit = newest[table.name];
        commit = std::max({commit, table.last_commit_time, newest_commits_[table.name]});
    }
    if (streams_) newest_commits_ = newest;
    PgTime stalest = 0;
    for (const auto& [table, commit] : newest_commits_) {
        if (commit != 0 && (stalest == 0 || commit < stalest)) stalest = commit;
    }
    readings_.erase(AlertQuantity::FreshnessSeconds);
    if (stalest != 0)
        readings_[AlertQuantity::FreshnessSeconds] = {
            std::max(0.0, static_cast<double>(wall_now - stalest) / 1e6)};
}

std::optional<AlertReading> AlertReadings::of(AlertQuantity quantity) const {
    const auto reading = readings_.find(quantity);
    return reading == readings_.end() ? std::nullopt : std::make_optional(reading->second);
}

}  // namespace walferry
