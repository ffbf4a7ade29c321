#pragma once

#include <chrono>
#include <stop_token>

#include "service/resync_access.h"
#include "service/resync_follower.h"

namespace walferry {

/// How it ended that a command waited for its resyncs.
enum class ResyncWaitEnd { Ended, Detached, TakenOver };

/// Until all that the follower follows have ended, or asked to stop (Detached: the service goes on). A
/// service that goes away is waited for, `patience` long: it goes on by itself when it is back; then kind
/// Connection.
Result<ResyncWaitEnd> wait_for_service(const Config& config, ResyncFollower& follower,
                                       std::chrono::milliseconds patience, std::stop_token stop);

/// Runs the pipeline itself until they have ended, or asked to stop. TakenOver: a service of the pipeline
/// runs now and goes on with them. An error is one that a person must resolve.
Result<ResyncWaitEnd> carry_out_alone(const Config& config, ResyncFollower& follower, std::stop_token stop);

}  // namespace walferry
