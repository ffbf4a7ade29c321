#include "dlq/rejection_rate.h"

#include <algorithm>

namespace walferry {

bool RejectionRate::note(std::uint64_t accepted, std::uint64_t rejected) {
    const Group group{accepted + rejected, rejected};
    if (group.events == 0) return too_many();
    groups_.push_back(group);
    events_ += group.events;
    rejected_ += group.rejected;
    if (events_ > window_events) forget(events_ - window_events);
    return too_many();
}

double RejectionRate::rate() const {
    return events_ == 0 ? 0 : static_cast<double>(rejected_) / static_cast<double>(events_);
}

bool RejectionRate::too_many() const {
    return events_ >= events_min && static_cast<double>(rejected_) > rate_max_ * static_cast<double>(events_);
}

/// The oldest `events`; a group that is only partly older leaves its share.
void RejectionRate::forget(std::uint64_t events) {
    while (events > 0) {
        Group& oldest = groups_.front();
        const std::uint64_t gone = std::min(events, oldest.events);
        const double share = static_cast<double>(gone) / static_cast<double>(oldest.events);
        const auto rejected = static_cast<std::uint64_t>(share * static_cast<double>(oldest.rejected) + 0.5);
        oldest.events -= gone;
        oldest.rejected -= rejected;
        events_ -= gone;
        rejected_ -= rejected;
        events -= gone;
        if (oldest.events == 0) groups_.pop_front();
    }
}

}  // namespace walferry
