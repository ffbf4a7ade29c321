#include "service/config_reload.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>
#include <vector>

#include "config/config_changes.h"
#include "pipeline/pipeline.h"
#include "service/systemd_notifier.h"

namespace walferry {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_interval{200};

std::string refused(const std::string& why) {
    spdlog::error("reload refused, nothing has changed: {}", why);
    return "reload refused: " + why;
}

}  // namespace

void ReloadRequests::ask() {
    {
        const std::lock_guard lock(mutex_);
        waiting_ = true;
    }
    asked_.notify_all();
}

bool ReloadRequests::wait(std::stop_token stop, milliseconds time_max) {
    std::unique_lock lock(mutex_);
    asked_.wait_for(lock, stop, time_max, [this] { return waiting_; });
    return std::exchange(waiting_, false);
}

Result<std::string> read_config_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file.bad() && file.is_open()) return text;
    return Error{ErrorKind::Configuration, path + ": cannot be read", "", ""};
}

ConfigReload::ConfigReload(Parts parts)
    : parts_(std::move(parts)), thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

void ConfigReload::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        if (!parts_.requests.wait(stop, std::chrono::hours(1))) continue;
        parts_.notifier.reloading();
        spdlog::info("reloading {}", parts_.file);
        parts_.notifier.reloaded(reload(stop));
    }
}

/// What became of it, for the status line.
std::string ConfigReload::reload(std::stop_token stop) {
    auto text = read_config_text(parts_.file);
    if (!text) return refused(text.error().message);
    auto config = parse_config(text.value(), parts_.file);
    if (!config) return refused(config.error().message);
    const std::vector<std::string> changed = changed_keys(parts_.text, text.value());
    std::vector<std::string> fixed;
    std::copy_if(changed.begin(), changed.end(), std::back_inserter(fixed),
                 [](const std::string& key) { return !is_reloadable(key); });
    if (!fixed.empty())
        return refused(fmt::format("{} can only change with a restart", fmt::join(fixed, ", ")));
    if (changed.empty()) {
        spdlog::info("reload: the configuration is what it was");
        return "reloaded, nothing had changed";
    }
    if (parts_.sets_level) spdlog::set_level(spdlog::level::from_str(config.value().log.level));
    const bool for_session = std::any_of(changed.begin(), changed.end(), [](const std::string& key) {
        return key != "log.level" && !key.starts_with("alerts");
    });
    std::string outcome = "reloaded";
    if (for_session) {
        outcome = use(config.value(), stop);
        if (outcome != "reloaded") return outcome;
    }
    parts_.text = std::move(text.value());
    if (parts_.taken) parts_.taken(config.value());
    spdlog::info("reloaded: {}", fmt::join(changed, ", "));
    return outcome;
}

/// Gives the pipeline a new session under `config`.
std::string ConfigReload::use(Config config, std::stop_token stop) {
    if (parts_.pipeline.status().state == "copying") {
        spdlog::info("reload: put off until the running copies have ended");
        parts_.notifier.reloaded("reload put off until the copies have ended");
        // A newer request looks at the file again; only what stands in it then counts.
        if (!copies_end(stop)) return "reload put off";
        parts_.notifier.reloading();
    }
    parts_.pipeline.reload(std::move(config));
    return wait_for_session(stop);
}

/// False when somebody asked for another reload first, which then is the one to do, or for the end.
bool ConfigReload::copies_end(std::stop_token stop) {
    while (!stop.stop_requested()) {
        if (parts_.requests.wait(stop, look_interval)) {
            parts_.requests.ask();
            return false;
        }
        if (parts_.pipeline.status().state != "copying") return true;
    }
    return false;
}

std::string ConfigReload::wait_for_session(std::stop_token stop) {
    using Offer = ConfigExchange::Offer;
    while (!stop.stop_requested()) {
        const Offer offer = parts_.pipeline.newest_reload();
        if (offer == Offer::Taken) return "reloaded";
        if (offer == Offer::GivenUp) return "reload given up, see the log";
        // Out of reach: it will be taken, or not, when the server is back.
        if (offer == Offer::Trying && parts_.pipeline.status().state == "retrying") return "reloaded";
        std::this_thread::sleep_for(look_interval / 4);
    }
    return "stopping";
}

}  // namespace walferry
