#include "service/progress_report.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "service/quantity_text.h"
#include "service/terminal_line.h"

namespace walferry {
namespace {

constexpr std::chrono::seconds terminal_interval{1};
constexpr std::chrono::seconds log_interval{10};
/// Lag that is worth a line: less is the normal course of things.
constexpr std::int64_t lag_bytes_worth_a_line = 16ll << 20;

}  // namespace

double ProgressLine::Rate::per_second(double value, std::chrono::steady_clock::time_point now) {
    const bool known = at != std::chrono::steady_clock::time_point{} && now > at && value >= last;
    const double rate = known ? (value - last) / std::chrono::duration<double>(now - at).count() : -1;
    last = value;
    at = now;
    return rate;
}

std::string ProgressLine::copy_text(const StatusReport& report, std::chrono::steady_clock::time_point now) {
    std::uint64_t copied = 0;
    double left = 0;
    std::size_t done = 0;
    std::size_t tables = 0;
    for (const TableReport& table : report.tables) {
        if (table.state == "excluded") continue;
        ++tables;
        copied += table.rows_copied;
        if (table.state != "copying") {
            ++done;
            continue;
        }
        left +=
            std::max(0.0, static_cast<double>(table.rows_estimated) - static_cast<double>(table.rows_copied));
    }
    const double rate = rows_.per_second(static_cast<double>(copied), now);
    std::string text = fmt::format("copying: {} of {} tables, {} rows", done, tables,
                                   count_text(static_cast<double>(copied)));
    if (rate >= 0) text += fmt::format(", {} rows/s", count_text(rate));
    if (rate > 0 && left > 0) text += fmt::format(", about {} left", seconds_text(left / rate));
    return text;
}

ProgressLine::Line ProgressLine::next(const StatusReport& report, std::chrono::steady_clock::time_point now) {
    const double speed = position_.per_second(static_cast<double>(report.checkpoint.value), now);
    if (report.state == "copying") return {copy_text(report, now), true};
    if (report.state != "streaming") {
        return {fmt::format("{}{}{}", report.state, report.reason.empty() ? "" : ": ", report.reason), false};
    }
    Line line;
    line.working = report.lag_bytes >= lag_bytes_worth_a_line;
    line.text = fmt::format("{}: lag {}, {:.1f} s", line.working ? "catching up" : "streaming",
                            bytes_text(static_cast<double>(report.lag_bytes)), report.lag_seconds);
    if (line.working && speed > 0) {
        line.text += fmt::format(", {}/s, about {} left", bytes_text(speed),
                                 seconds_text(static_cast<double>(report.lag_bytes) / speed));
    }
    return line;
}

ProgressReporter::ProgressReporter(std::function<StatusReport()> status)
    : status_(std::move(status)), thread_([this](std::stop_token stop) { report(std::move(stop)); }) {}

ProgressReporter::~ProgressReporter() = default;

void ProgressReporter::report(std::stop_token stop) const {
    TerminalLine line_shown;
    const bool terminal = line_shown.is_there();
    std::mutex mutex;
    std::condition_variable_any stopped;
    ProgressLine progress;
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(mutex);
            stopped.wait_for(lock, stop, terminal ? terminal_interval : log_interval, [] { return false; });
        }
        if (stop.stop_requested()) break;
        const ProgressLine::Line line = progress.next(status_(), std::chrono::steady_clock::now());
        if (terminal) {
            line_shown.show(line.text);
        } else if (line.working) {
            spdlog::info("{}", line.text);
        }
    }
}

}  // namespace walferry
