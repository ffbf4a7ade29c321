#include "pipeline/alerts/alert_message.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "model/utc_text.h"

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;

/// Where the package puts it.
constexpr std::string_view runbook = "file:///usr/share/doc/walferry/runbook.md";

std::string_view state_of(const AlertMessage& message) {
    return message.firing ? "firing" : "resolved";
}

/// With three digits behind the point, at most; null for what JSON has no number for.
Json value_of(const AlertMessage& message) {
    if (!message.value || !std::isfinite(*message.value)) return {};
    const double rounded = std::round(*message.value * 1000) / 1000;
    constexpr double whole_max = 9e15;
    if (rounded == std::floor(rounded) && std::abs(rounded) < whole_max)
        return static_cast<std::int64_t>(rounded);
    return rounded;
}

std::string slack_escaped(std::string_view text) {
    std::string escaped;
    for (const char byte : text) {
        if (byte == '&') {
            escaped += "&amp;";
        } else if (byte == '<') {
            escaped += "&lt;";
        } else if (byte == '>') {
            escaped += "&gt;";
        } else {
            escaped += byte;
        }
    }
    return escaped;
}

std::string slack_text(const AlertMessage& message) {
    const Json value = value_of(message);
    std::string text = fmt::format("[{}] walferry {} on {}: {}", message.firing ? "FIRING" : "RESOLVED",
                                   message.pipeline, message.host, message.alert);
    if (message.alert != message.when) text += fmt::format(" ({})", message.when);
    if (!value.is_null()) text += fmt::format(", now {}", value.dump());
    text += fmt::format(", since {}", utc_text(message.since));
    if (!message.reason.empty()) text += "\n" + message.reason;
    if (message.firing) text += "\nRunbook: " + message.runbook;
    return slack_escaped(text);
}

}  // namespace

std::string alert_json(const AlertMessage& message) {
    Json json;
    json["text"] = slack_text(message);
    json["pipeline"] = message.pipeline;
    json["alert"] = message.alert;
    json["state"] = state_of(message);
    json["when"] = message.when;
    json["value"] = value_of(message);
    json["since"] = utc_text(message.since);
    json["at"] = utc_text(message.at);
    json["reason"] = message.reason;
    json["runbook"] = message.runbook;
    json["host"] = message.host;
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::map<std::string, std::string> alert_environment(const AlertMessage& message) {
    const Json value = value_of(message);
    return {{"WALFERRY_ALERT_PIPELINE", message.pipeline},
            {"WALFERRY_ALERT_NAME", message.alert},
            {"WALFERRY_ALERT_STATE", std::string(state_of(message))},
            {"WALFERRY_ALERT_WHEN", message.when},
            {"WALFERRY_ALERT_VALUE", value.is_null() ? "" : value.dump()},
            {"WALFERRY_ALERT_SINCE", utc_text(message.since)},
            {"WALFERRY_ALERT_AT", utc_text(message.at)},
            {"WALFERRY_ALERT_REASON", message.reason},
            {"WALFERRY_ALERT_RUNBOOK", message.runbook},
            {"WALFERRY_ALERT_HOST", message.host}};
}

std::string runbook_section(AlertQuantity quantity) {
    const auto section = [](std::string_view name) { return fmt::format("{}#{}", runbook, name); };
    switch (quantity) {
        case AlertQuantity::LagSeconds:
            return section("walferrylagging");
        case AlertQuantity::LagBytes:
            return section("walferrybacklog");
        case AlertQuantity::RetainedWalBytes:
            return section("walferryretainedwal");
        case AlertQuantity::SafeWalBytes:
            return section("walferryslotnearlylost");
        case AlertQuantity::DeadLetters:
            return section("walferrydeadletterspending");
        case AlertQuantity::OutboxPending:
            return section("walferryoutboxstuck");
        case AlertQuantity::VerifyMismatches:
            return section("walferryverifymismatch");
        case AlertQuantity::FreshnessSeconds:
            return section("walferrytablestale");
        case AlertQuantity::NotStreamingSeconds:
            return section("walferrynotstreaming");
        case AlertQuantity::FailedTables:
            return section("walferrytablefailed");
        case AlertQuantity::Failed:
            return section("exit-3");
    }
    return std::string(runbook);
}

}  // namespace walferry
