#include "pipeline/retry_policy.h"

#include <algorithm>

namespace walferry {

FailureAction action_for(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::Connection:
        case ErrorKind::Busy:
        case ErrorKind::Serialization:
        case ErrorKind::Resource:
            return FailureAction::Retry;
        case ErrorKind::Configuration:
            return FailureAction::StopUsage;
        case ErrorKind::Cancelled:
            return FailureAction::End;
        case ErrorKind::Data:
        case ErrorKind::Protocol:
        case ErrorKind::Schema:
        case ErrorKind::Permission:
        case ErrorKind::Fenced:
        case ErrorKind::Refused:
        case ErrorKind::Internal:
            return FailureAction::Stop;
    }
    return FailureAction::Stop;
}

std::chrono::milliseconds Backoff::next(ErrorKind kind) {
    constexpr int delay_ms_first = 100;
    const int delay_ms_max = kind == ErrorKind::Busy ? 1'000 : static_cast<int>(delay_max_.count());
    const int ceiling_ms = std::min(delay_ms_max, delay_ms_first << std::min(attempt_++, 10));
    return std::chrono::milliseconds{std::uniform_int_distribution<int>{ceiling_ms / 2, ceiling_ms}(random_)};
}

}  // namespace walferry
