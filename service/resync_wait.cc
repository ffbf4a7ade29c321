#include "service/resync_wait.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "pipeline/pipeline.h"

namespace walferry {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds poll_interval{300};

/// False when asked to stop.
bool pause(std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, poll_interval, [] { return false; });
    return !stop.stop_requested();
}

/// Since when the service does not answer.
class Absence {
 public:
    bool lasts() const { return since_ != steady_clock::time_point{}; }

    void begin(ResyncFollower& follower, const Error& error, milliseconds patience) {
        if (lasts()) return;
        since_ = steady_clock::now();
        const auto minutes = std::chrono::ceil<std::chrono::minutes>(patience).count();
        follower.say(fmt::format("{}; it goes on by itself when the service is back: waiting, {} min at most",
                                 error.message, minutes));
    }
    void end(ResyncFollower& follower) {
        if (lasts()) follower.say("the service answers again");
        since_ = {};
    }
    bool exceeds(milliseconds patience) const { return lasts() && steady_clock::now() - since_ > patience; }

 private:
    steady_clock::time_point since_{};
};

void poll(Pipeline& pipeline, ResyncFollower& follower) {
    const auto ids = follower.open();
    if (ids.empty()) return;
    const auto reports = pipeline.resyncs().list({ids, false});
    if (reports) follower.take(ids, resyncs_json(reports.value()));
}

}  // namespace

Result<ResyncWaitEnd> wait_for_service(const Config& config, ResyncFollower& follower, milliseconds patience,
                                       std::stop_token stop) {
    const ResyncAccess access = ResyncAccess::through_service(config);
    Absence absence;
    for (auto ids = follower.open(); !ids.empty(); ids = follower.open()) {
        if (!pause(stop)) return ResyncWaitEnd::Detached;
        if (absence.exceeds(patience)) {
            return Error{ErrorKind::Connection, "the service is not back",
                         "`walferry run CONFIG` goes on with the resync", ""};
        }
        // Somebody else's service may have taken the port meanwhile.
        if (absence.lasts() && !access.service_answers()) continue;
        constexpr std::size_t ids_a_poll = 300;
        if (ids.size() > ids_a_poll) ids.resize(ids_a_poll);
        const auto resyncs = access.list({ids, false});
        if (resyncs) {
            absence.end(follower);
            follower.take(ids, resyncs.value());
        } else if (resyncs.error().kind == ErrorKind::Connection) {
            absence.begin(follower, resyncs.error(), patience);
        } else {
            return resyncs.error();
        }
    }
    return ResyncWaitEnd::Ended;
}

Result<ResyncWaitEnd> carry_out_alone(const Config& config, ResyncFollower& follower, std::stop_token stop) {
    const ResyncAccess service = ResyncAccess::through_service(config);
    Pipeline pipeline(config);
    std::stop_source ending;
    std::atomic<bool> taken_over{false};
    Status end = success();
    {
        const std::stop_callback stopping(stop, [&] { ending.request_stop(); });
        const std::jthread watching([&](std::stop_token ended) {
            while (pause(ended)) {
                poll(pipeline, follower);
                if (pipeline.status().state != "retrying" || !service.service_answers()) continue;
                taken_over = true;
                ending.request_stop();
            }
        });
        end = pipeline.run(ending.get_token(), {.until_caught_up = false, .until_resynced = true});
    }
    if (!end && !taken_over) return end.error();
    poll(pipeline, follower);
    if (follower.open().empty()) return ResyncWaitEnd::Ended;
    if (taken_over) return ResyncWaitEnd::TakenOver;
    if (stop.stop_requested()) return ResyncWaitEnd::Detached;
    return Error{ErrorKind::Internal, "the pipeline ended before its resyncs did", "", ""};
}

}  // namespace walferry
