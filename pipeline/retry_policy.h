#pragma once

#include <chrono>
#include <random>

#include "model/error.h"

namespace walferry {

/// What the pipeline does about an error. The one table of it: see action_for.
enum class FailureAction {
    Retry,      ///< for ever, with growing delays, visible in metrics and status
    Stop,       ///< a person must decide; exit 3
    StopUsage,  ///< exit 2
    End,        ///< we were asked to
};

FailureAction action_for(ErrorKind kind);

/// Exponential back-off with jitter: from 0.1 s, doubled each time, to `delay_max` (1 s for Busy). `reset`
/// after success.
class Backoff {
 public:
    explicit Backoff(std::chrono::milliseconds delay_max = std::chrono::seconds(10))
        : delay_max_(delay_max) {}

    /// `kind` Busy is looked at again soon: what is held by another instance should be taken when it is free.
    std::chrono::milliseconds next(ErrorKind kind);
    void reset() { attempt_ = 0; }

 private:
    std::chrono::milliseconds delay_max_;
    int attempt_ = 0;
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace walferry
