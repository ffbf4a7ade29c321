#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "pipeline/resync/live_resync.h"

namespace walferry {

/// Carries out the requests of resyncs while a session runs, one table after the other, in the order in which
/// they were asked for.
class ResyncLane {
 public:
    /// `failed`: told, once, of what ends the session.
    ResyncLane(LiveResync::Parts parts, std::function<void(Error)> failed);
    ~ResyncLane() { stop(); }

    void start();
    void request_stop() { thread_.request_stop(); }
    /// Waits. The applier has ended, or goes on working.
    void stop();

    /// No request is open that this session knows of.
    bool idle() const { return idle_ && !parts_.board.is_announced(); }

 private:
    Status work(std::stop_token stop);
    Status clear_leftovers(std::stop_token stop);
    Result<std::vector<ResyncRow>> open_requests();

    LiveResync::Parts parts_;
    std::function<void(Error)> failed_;
    std::atomic<bool> idle_{false};
    std::jthread thread_;
};

}  // namespace walferry
