#include "service/systemd_notifier.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <memory>

#include "pipeline/thread_watch.h"
#include "service/quantity_text.h"

namespace walferry {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds interval_max{500};
constexpr seconds status_interval{5};
constexpr std::chrono::minutes outcome_time{10};
/// Of a thread that waits for another one, where systemd has no watchdog for us.
constexpr seconds default_patience{60};
/// What a start asks for again and again until it is done.
constexpr seconds start_extension{60};

void send(const std::string& state) {
    ::sd_notify(0, state.c_str());
}

/// 0 where systemd does not watch.
microseconds watchdog_time() {
    std::uint64_t time = 0;
    return microseconds(::sd_watchdog_enabled(0, &time) > 0 ? time : 0);
}

std::uint64_t monotonic_microseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

}  // namespace

std::string service_status_line(const StatusReport& report) {
    std::string line = report.state;
    if (report.checkpoint.value != 0) line += " at " + to_string(report.checkpoint);
    if (report.state == "copying") {
        std::uint64_t rows = 0;
        for (const TableReport& table : report.tables) rows += table.rows_copied;
        line += fmt::format(", {} rows copied", count_text(static_cast<double>(rows)));
    }
    if (report.state == "copying" || report.state == "streaming") {
        line += fmt::format(", lag {}, {:.1f} s", bytes_text(static_cast<double>(report.lag_bytes)),
                            report.lag_seconds);
    }
    if (!report.reason.empty()) line += ": " + report.reason;
    std::replace(line.begin(), line.end(), '\n', ' ');  // it would end the assignment
    return line;
}

SystemdNotifier::SystemdNotifier(std::function<StatusReport()> status) : status_(std::move(status)) {
    if (std::getenv("NOTIFY_SOCKET") == nullptr) return;
    const microseconds watchdog = watchdog_time();
    const auto patience = watchdog.count() > 0 ? steady_clock::duration(watchdog / 2)
                                               : steady_clock::duration(default_patience);
    judge_ = [judge = std::make_shared<StandstillJudge>(patience)] {
        return judge->judge(look_at_threads(), steady_clock::now());
    };
    thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

SystemdNotifier::~SystemdNotifier() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
    // The last word stays in `systemctl status`: why it failed, if it did.
    send("STATUS=" + service_status_line(status_()));
}

void SystemdNotifier::reloading() {
    send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_microseconds()));
}

void SystemdNotifier::reloaded(const std::string& outcome) {
    const std::lock_guard lock(mutex_);
    outcome_ = outcome;
    outcome_end_ = steady_clock::now() + outcome_time;
    sent_status_.clear();  // so that the next look sends it
    // Before the first READY the service is still starting: reloading it made it no more than it was.
    if (ready_) send("READY=1");
}

void SystemdNotifier::stopping() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    send("STOPPING=1\nSTATUS=stopping");
}

void SystemdNotifier::run(std::stop_token stop) {
    const microseconds watchdog = watchdog_time();
    const auto interval = watchdog.count() > 0 ? std::min<microseconds>(interval_max, watchdog / 8)
                                               : microseconds(interval_max);
    std::mutex mutex;
    std::condition_variable_any stopped;
    steady_clock::time_point next_status{};
    while (!stop.stop_requested()) {
        const bool alive = moves();
        const StatusReport report = status_();
        {
            const std::lock_guard lock(mutex_);
            if (!ready_ && !stopping_ && (report.state == "copying" || report.state == "streaming")) {
                ready_ = true;
                send("READY=1");
            }
            if (!ready_ && alive)
                send(fmt::format("EXTEND_TIMEOUT_USEC={}", microseconds(start_extension).count()));
            if (alive && watchdog.count() > 0) send("WATCHDOG=1");
            const bool changed = sent_status_.compare(0, report.state.size(), report.state) != 0;
            if (!stopping_ && (changed || steady_clock::now() >= next_status)) {
                next_status = steady_clock::now() + status_interval;
                send_status(report);
            }
        }
        std::unique_lock lock(mutex);
        stopped.wait_for(lock, stop, interval, [] { return false; });
    }
}

void SystemdNotifier::send_status(const StatusReport& report) {
    if (steady_clock::now() >= outcome_end_) outcome_.clear();
    sent_status_ = service_status_line(report);
    send("STATUS=" + sent_status_ + (outcome_.empty() ? "" : "; " + outcome_));
}

/// Whether no thread stands still; says so once when that changes.
bool SystemdNotifier::moves() {
    std::string stuck = judge_();
    if (stuck != stuck_ && !stuck.empty())
        spdlog::critical("the {} thread stands still, waiting for another one: no sign of life to systemd",
                         stuck);
    if (stuck.empty() && !stuck_.empty()) spdlog::warn("the {} thread moves again", stuck_);
    stuck_ = std::move(stuck);
    return stuck_.empty();
}

}  // namespace walferry
