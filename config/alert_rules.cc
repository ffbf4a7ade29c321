#include "config/alert_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "config/delivery_rules.h"
#include "model/edit_distance.h"

namespace walferry {
namespace {

/// Each has a thread.
constexpr std::size_t alerts_max = 100;

constexpr std::pair<std::string_view, AlertQuantity> quantities[] = {
    {"lag_seconds", AlertQuantity::LagSeconds},
    {"lag_bytes", AlertQuantity::LagBytes},
    {"retained_wal_bytes", AlertQuantity::RetainedWalBytes},
    {"safe_wal_bytes", AlertQuantity::SafeWalBytes},
    {"dead_letters", AlertQuantity::DeadLetters},
    {"outbox_pending", AlertQuantity::OutboxPending},
    {"verify_mismatches", AlertQuantity::VerifyMismatches},
    {"freshness_seconds", AlertQuantity::FreshnessSeconds},
    {"not_streaming_seconds", AlertQuantity::NotStreamingSeconds},
    {"failed_tables", AlertQuantity::FailedTables},
    {"failed", AlertQuantity::Failed},
};

constexpr std::pair<std::string_view, AlertComparison> comparisons[] = {
    {">", AlertComparison::Greater}, {">=", AlertComparison::GreaterOrEqual},
    {"<", AlertComparison::Less},    {"<=", AlertComparison::LessOrEqual},
    {"==", AlertComparison::Equal},  {"!=", AlertComparison::NotEqual},
};

template <class Names>
auto find_name(const Names& names, std::string_view name) {
    return std::find_if(std::begin(names), std::end(names),
                        [&](const auto& entry) { return entry.first == name; });
}

template <class Names>
std::string all_names(const Names& names) {
    std::vector<std::string_view> all;
    for (const auto& [name, value] : names) all.push_back(name);
    return fmt::to_string(fmt::join(all, ", "));
}

std::string_view nearest_quantity(std::string_view name) {
    const auto distance = [start = name.substr(0, 64)](const auto& entry) {
        return edit_distance(start, entry.first);
    };
    return std::min_element(
               std::begin(quantities), std::end(quantities),
               [&](const auto& left, const auto& right) { return distance(left) < distance(right); })
        ->first;
}

/// Cuts off the leading run of `bytes`, and the blanks before it.
std::string_view take_run(std::string_view& text, std::string_view bytes) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    const std::string_view run = text.substr(0, text.find_first_not_of(bytes));
    text.remove_prefix(run.size());
    return run;
}

std::optional<double> parse_number(std::string_view text) {
    text = text.substr(0, text.find_last_not_of(" \t") + 1);
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && std::isfinite(number) ? std::make_optional(number) : std::nullopt;
}

/// The condition, or what is wrong with it.
std::optional<std::string> parse_condition(const std::string& text, AlertCondition& condition) {
    std::string_view rest = text;
    const std::string_view name = take_run(rest, "abcdefghijklmnopqrstuvwxyz_");
    const auto comparison = find_name(comparisons, take_run(rest, "<>=!"));
    take_run(rest, "");
    const std::optional<double> limit = parse_number(rest);
    if (name.empty() || comparison == std::end(comparisons) || !limit) {
        return fmt::format(
            "{} is no condition, allowed: NAME OP NUMBER such as lag_seconds > 60, with OP one of {} and "
            "NAME one of {}",
            shown(text), all_names(comparisons), all_names(quantities));
    }
    const auto quantity = find_name(quantities, name);
    if (quantity == std::end(quantities)) {
        return fmt::format("there is no {}, the nearest known name is {}, allowed: {}", shown(name),
                           nearest_quantity(name), all_names(quantities));
    }
    condition = {quantity->second, comparison->second, *limit};
    return std::nullopt;
}

class AlertReader {
 public:
    AlertReader(const Settings& settings, ErrorLines& errors, std::string path)
        : settings_(settings), errors_(errors), path_(std::move(path)) {}

    AlertConfig read() {
        if (const Setting* when = find("when")) {
            alert_.when = when->text;
            complain(*when, "when", parse_condition(when->text, alert_.condition));
            if (alert_.condition.quantity == AlertQuantity::OutboxPending && !settings_.has("outbox"))
                errors_.add(when->line, path_ + ".when",
                            "outbox_pending needs an outbox, allowed: with a section outbox");
        }
        alert_.name = alert_.when;
        take("name", alert_.name, text_problem);
        take("webhook", alert_.webhook, webhook_problem);
        take("exec", alert_.command, command_problem);
        take("runbook", alert_.runbook, text_problem);
        take("secret", alert_.secret, [this](const std::string& secret) {
            return secret_problem(secret, settings_.has(path_ + ".webhook"));
        });
        if (const Setting* hold_time = find("for"))
            alert_.hold_time = std::chrono::milliseconds(hold_time->number);
        if (const Setting* repeat = find("repeat")) alert_.repeat = std::chrono::milliseconds(repeat->number);
        return std::move(alert_);
    }

 private:
    static std::optional<std::string> text_problem(const std::string& text) {
        return text.empty() ? std::make_optional<std::string>("is empty, allowed: any text") : std::nullopt;
    }
    const Setting* find(const std::string& key) const { return settings_.find(path_ + "." + key); }
    void complain(const Setting& setting, const std::string& key, const std::optional<std::string>& problem) {
        if (problem) errors_.add(setting.line, path_ + "." + key, *problem);
    }
    template <class Check>
    void take(const std::string& key, std::string& value, Check check) {
        const Setting* setting = find(key);
        if (setting == nullptr) return;
        value = setting->text;
        complain(*setting, key, check(value));
    }

    const Settings& settings_;
    ErrorLines& errors_;
    std::string path_;
    AlertConfig alert_;
};

}  // namespace

std::string_view to_string(AlertQuantity quantity) {
    return std::find_if(std::begin(quantities), std::end(quantities),
                        [quantity](const auto& entry) { return entry.second == quantity; })
        ->first;
}

std::vector<AlertConfig> read_alerts(const Settings& settings, ErrorLines& errors) {
    std::vector<AlertConfig> alerts;
    const std::size_t count = settings.count("alerts");
    if (count > alerts_max) {
        errors.add(settings.line("alerts"), "alerts",
                   fmt::format("has {} items, allowed: up to {}", count, alerts_max));
        return alerts;
    }
    std::map<std::string, std::size_t> names;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string path = fmt::format("alerts[{}]", i);
        alerts.push_back(AlertReader(settings, errors, path).read());
        const std::string& name = alerts.back().name;
        const auto [first, is_new] = names.emplace(name, i);
        if (is_new || name.empty()) continue;
        errors.add(settings.line(path), path,
                   fmt::format("alerts[{}] is called {} too, allowed: a name of its own by the key name",
                               first->second, shown(name)));
    }
    return alerts;
}

}  // namespace walferry
