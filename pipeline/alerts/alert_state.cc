#include "pipeline/alerts/alert_state.h"

namespace walferry {

AlertState::News AlertState::look(std::optional<bool> holds, Clock::time_point now, bool last) {
    if (holds == false) {
        const bool resolved = firing_;
        pending_ = firing_ = false;
        return resolved ? News::Resolved : News::None;
    }
    if (firing_) {
        if (repeat_.count() == 0 || now - told_ < repeat_) return News::None;
        told_ = now;
        return News::FiresStill;
    }
    if (!holds) return News::None;
    if (!pending_) since_ = now;
    pending_ = true;
    if (!last && now - since_ < hold_time_) return News::None;
    pending_ = false;
    firing_ = true;
    told_ = now;
    return News::Fires;
}

}  // namespace walferry
