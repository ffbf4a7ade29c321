#include "pipeline/verify/verify_schedule.h"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>

namespace walferry {
namespace {

constexpr std::chrono::milliseconds streams_interval{1000};
/// Differences of one run that are written to the log.
constexpr int logged_max = 20;

/// False when it was asked to stop.
bool wait(std::chrono::milliseconds time, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

}  // namespace

VerifySchedule::VerifySchedule(const VerifyConfig& config, VerifyDesk& desk, std::function<bool()> streams)
    : config_(config),
      desk_(desk),
      streams_(std::move(streams)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void VerifySchedule::run(const std::stop_token& stop) {
    while (!streams_()) {
        if (!wait(streams_interval, stop)) return;
    }
    while (wait(config_.every, stop)) verify(stop);
}

void VerifySchedule::verify(const std::stop_token& stop) {
    int logged = 0;
    VerifyListener listener;
    listener.difference = [&](const Difference& difference) -> Status {
        if (logged++ < logged_max) {
            spdlog::warn("verify: {} {} is {} in {}", difference.table, difference.key,
                         to_string(difference.kind), difference.target);
        }
        return success();
    };
    listener.note = [](const std::string& note) { spdlog::info("verify: {}", note); };
    listener.progress = [](const std::string&, std::uint64_t, std::int64_t) {};
    VerifyOptions options;
    options.rows_per_second = config_.rows_per_second;
    const auto results = desk_.verify(options, listener, stop);
    if (stop.stop_requested()) return;
    if (!results) {
        spdlog::warn("verify: {}", describe(results.error()));
        return;
    }
    std::uint64_t rows = 0, differences = 0;
    for (const TableVerification& result : results.value()) {
        rows += result.source_rows;
        differences += result.differences();
    }
    if (differences == 0) {
        spdlog::info("verify: {} rows of {} targets are equal", rows, results.value().size());
    } else {
        spdlog::warn("verify: {} rows differ; `walferry verify` names them all", differences);
    }
}

}  // namespace walferry
