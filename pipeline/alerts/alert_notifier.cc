#include "pipeline/alerts/alert_notifier.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "apply/load_row.h"
#include "model/utc_text.h"
#include "pipeline/delivery/shell_command.h"
#include "pipeline/delivery/webhook_client.h"

namespace walferry {
namespace {

constexpr std::chrono::seconds look_interval{1};
/// The end of the process waits so long for listeners.
constexpr std::chrono::seconds farewell_max{3};

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

AlertLane::Deliver delivery_of(const AlertConfig& config) {
    if (!config.webhook.empty()) {
        const auto client =
            std::make_shared<WebhookClient>(WebhookClient::Options{config.webhook, config.secret});
        return [client](const AlertMessage& message, std::stop_token stop) {
            return client->post(alert_json(message), std::move(stop));
        };
    }
    return [text = config.command](const AlertMessage& message, std::stop_token stop) {
        ShellCommand command{text};
        command.environment = alert_environment(message);
        return run_shell_command(command, alert_json(message) + "\n", std::move(stop));
    };
}

void log_news(const AlertMessage& message, AlertState::News news) {
    const std::string what =
        message.alert == message.when ? message.alert : fmt::format("{} ({})", message.alert, message.when);
    const std::string now = message.value ? fmt::format("{:.6g}", *message.value) : "unknown";
    if (news == AlertState::News::Resolved) {
        spdlog::info("alert resolved: {}, now {}", what, now);
    } else {
        spdlog::warn("alert {}: {}, now {}, since {}",
                     news == AlertState::News::Fires ? "fires" : "fires still", what, now,
                     utc_text(message.since));
    }
}

}  // namespace

AlertNotifier::AlertNotifier(const std::vector<AlertConfig>& alerts, std::function<StatusReport()> status)
    : status_(std::move(status)) {
    use(alerts);
    thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

AlertNotifier::~AlertNotifier() = default;

void AlertNotifier::use(const std::vector<AlertConfig>& alerts) {
    std::vector<std::unique_ptr<Watch>> watches, before;
    {
        const std::lock_guard lock(mutex_);
        before = std::exchange(watches_, {});
        for (const AlertConfig& config : alerts) {
            const auto same = std::find_if(before.begin(), before.end(), [&config](const auto& watch) {
                return watch != nullptr && watch->config == config;
            });
            if (same != before.end()) {
                watches.push_back(std::move(*same));
                continue;
            }
            watches.push_back(std::make_unique<Watch>(
                Watch{config, AlertState(config.hold_time, config.repeat),
                      std::make_unique<AlertLane>(config.name, delivery_of(config))}));
        }
        watches_ = std::move(watches);
    }
}

void AlertNotifier::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        look();
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, stop, look_interval, [] { return false; });
    }
}

void AlertNotifier::look() {
    const StatusReport report = status_();
    const auto now = AlertReadings::Clock::now();
    const std::lock_guard lock(mutex_);
    readings_.take(report, now, pg_time_now());
    for (const auto& watch : watches_) look_at(*watch, readings_, report, now);
}

void AlertNotifier::look_at(Watch& watch, const AlertReadings& readings, const StatusReport& report,
                            AlertReadings::Clock::time_point now) {
    const AlertConfig& config = watch.config;
    const std::optional<AlertReading> reading = readings.of(config.condition.quantity);
    const auto news = watch.state.look(holds(config.condition, reading), now, reading && reading->last);
    if (news == AlertState::News::None) return;
    AlertMessage message{
        .pipeline = report.pipeline,
        .alert = config.name,
        .firing = news != AlertState::News::Resolved,
        .when = config.when,
        .value = {},
        .at = pg_time_now(),
        .reason = report.reason,
        .runbook = config.runbook.empty() ? runbook_section(config.condition.quantity) : config.runbook,
        .host = host_name()};
    if (reading) message.value = reading->value;
    const auto age = std::chrono::duration_cast<std::chrono::microseconds>(now - watch.state.since());
    message.since = message.at - age.count();
    log_news(message, news);
    watch.lane->give(std::move(message));
}

void AlertNotifier::end() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    const StatusReport report = status_();
    if (report.state == "failed") look();
    const std::lock_guard lock(mutex_);
    const auto deadline = std::chrono::steady_clock::now() + farewell_max;
    for (const auto& watch : watches_) watch->lane->hurry();
    for (const auto& watch : watches_) watch->lane->wait_until_done(deadline);
    watches_.clear();
}

}  // namespace walferry
