#pragma once

#include <chrono>
#include <optional>

namespace walferry {

/// The life of one alert: quiet, pending while its condition holds but not long enough yet, firing. A look at
/// which it is unknown whether the condition holds changes nothing: neither fires nor resolves, nor begins
/// the waiting anew. Not thread-safe.
class AlertState {
 public:
    using Clock = std::chrono::steady_clock;
    enum class News { None, Fires, FiresStill, Resolved };

    /// `repeat`: how often FiresStill comes; 0 never.
    AlertState(std::chrono::milliseconds hold_time, std::chrono::milliseconds repeat)
        : hold_time_(hold_time), repeat_(repeat) {}

    /// `last`: what holds now stays so, and nobody may look again: no waiting.
    News look(std::optional<bool> holds, Clock::time_point now, bool last = false);

    bool firing() const { return firing_; }
    /// When the condition began to hold, of the alert that fires or that `look` has just resolved.
    Clock::time_point since() const { return since_; }

 private:
    std::chrono::milliseconds hold_time_, repeat_;
    bool pending_ = false, firing_ = false;
    Clock::time_point since_{}, told_{};
};

}  // namespace walferry
