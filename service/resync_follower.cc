#include "service/resync_follower.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>

namespace walferry {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::steady_clock;

constexpr std::chrono::seconds log_interval{10};

std::int64_t id_of(const Json& resync) {
    return resync.value("id", std::int64_t{0});
}

const Json* find(const Json& resyncs, std::int64_t id) {
    for (const Json& resync : resyncs) {
        if (id_of(resync) == id) return &resync;
    }
    return nullptr;
}

}  // namespace

ResyncFollower::ResyncFollower(Json asked, bool json)
    : resyncs_(std::move(asked)), json_(json), next_log_line_(steady_clock::now() + log_interval) {}

std::vector<std::int64_t> ResyncFollower::open() const {
    std::vector<std::int64_t> ids;
    for (const Json& resync : resyncs_) {
        if (!has_ended(resync)) ids.push_back(id_of(resync));
    }
    return ids;
}

void ResyncFollower::take(const std::vector<std::int64_t>& asked, const Json& resyncs) {
    for (Json& resync : resyncs_) {
        const bool is_asked = std::find(asked.begin(), asked.end(), id_of(resync)) != asked.end();
        if (!is_asked || has_ended(resync)) continue;
        if (const Json* const now = find(resyncs, id_of(resync))) {
            resync = *now;
        } else {
            resync["state"] = to_string(ResyncState::Failed);
            resync["reason"] = "its row is gone from the control tables";
        }
        if (!has_ended(resync) || json_) continue;
        line_.clear();
        fmt::print("{}\n", resync_line(resync));
        std::fflush(stdout);
    }
    if (!open().empty()) show_progress(steady_clock::now());
}

void ResyncFollower::show_progress(steady_clock::time_point now) {
    const std::string text = progress_.next(resyncs_, now);
    if (line_.is_there()) return line_.show(text);
    if (now < next_log_line_) return;
    next_log_line_ = now + log_interval;
    spdlog::info("{}", text);
}

void ResyncFollower::say(const std::string& text) {
    line_.clear();
    fmt::print(stderr, "walferry: {}\n", text);
}

bool ResyncFollower::finish() {
    line_.clear();
    if (json_) fmt::print("{}\n", resyncs_.dump(2, ' ', false, Json::error_handler_t::replace));
    std::fflush(stdout);
    return std::all_of(resyncs_.begin(), resyncs_.end(), [](const Json& resync) {
        return resync.value("state", "") == to_string(ResyncState::Done);
    });
}

}  // namespace walferry
