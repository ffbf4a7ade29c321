#pragma once

#include <chrono>

namespace walferry {

/// Whether `time` has come; then sets it to the next.
inline bool due(std::chrono::steady_clock::time_point& time, std::chrono::milliseconds interval) {
    const auto now = std::chrono::steady_clock::now();
    if (now < time) return false;
    time = now + interval;
    return true;
}

}  // namespace walferry
