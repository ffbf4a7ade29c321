#pragma once

#include <cstdint>
#include <deque>

namespace walferry {

/// The circuit breaker of dead-lettering: where too many of the last events were refused, it is the target or
/// the configuration that is wrong, not the rows. Looks at a window of the last 10,000 events, and says
/// nothing before it has seen 1,000. Pure; one thread.
class RejectionRate {
 public:
    static constexpr std::uint64_t window_events = 10'000;
    static constexpr std::uint64_t events_min = 1'000;

    /// `rate_max`: 0 (no refused event is borne) to 1 (all are).
    explicit RejectionRate(double rate_max) : rate_max_(rate_max) {}

    /// Takes in so many events, taken as evenly mixed; tells whether more than `rate_max` of those in the
    /// window were refused.
    bool note(std::uint64_t accepted, std::uint64_t rejected);

    /// Of the window; 0 while it is empty.
    double rate() const;

 private:
    struct Group {
        std::uint64_t events;
        std::uint64_t rejected;
    };
    void forget(std::uint64_t events);
    bool too_many() const;

    double rate_max_;
    std::deque<Group> groups_;  ///< the oldest first
    std::uint64_t events_ = 0;  ///< sums over the groups
    std::uint64_t rejected_ = 0;
};

}  // namespace walferry
