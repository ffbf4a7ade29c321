#include "pipeline/retry_policy.h"

#include <algorithm>

#include "tests/support/catch.h"

namespace walferry {

TEST_CASE("each kind of error has one action") {
    const std::pair<ErrorKind, FailureAction> table[] = {
        {ErrorKind::Connection, FailureAction::Retry},
        {ErrorKind::Busy, FailureAction::Retry},
        {ErrorKind::Serialization, FailureAction::Retry},
        {ErrorKind::Resource, FailureAction::Retry},
        {ErrorKind::Data, FailureAction::Stop},
        {ErrorKind::Protocol, FailureAction::Stop},
        {ErrorKind::Schema, FailureAction::Stop},
        {ErrorKind::Permission, FailureAction::Stop},
        {ErrorKind::Fenced, FailureAction::Stop},
        {ErrorKind::Refused, FailureAction::Stop},
        {ErrorKind::Internal, FailureAction::Stop},
        {ErrorKind::Configuration, FailureAction::StopUsage},
        {ErrorKind::Cancelled, FailureAction::End},
    };
    for (const auto& [kind, action] : table) {
        CAPTURE(to_string(kind));
        CHECK(action_for(kind) == action);
    }
}

TEST_CASE("delays grow from a tenth of a second to ten, to one for what is held by another, and start over") {
    for (const auto& [kind, delay_ms_max] :
         {std::pair{ErrorKind::Connection, 10'000}, {ErrorKind::Busy, 1'000}}) {
        Backoff backoff;
        for (int round = 0; round < 2; ++round) {
            std::int64_t ceiling_ms = 100;
            for (int attempt = 0; attempt < 100; ++attempt) {
                const auto delay = backoff.next(kind);
                CHECK(delay.count() >= ceiling_ms / 2);
                CHECK(delay.count() <= ceiling_ms);
                ceiling_ms = std::min<std::int64_t>(ceiling_ms * 2, delay_ms_max);
            }
            backoff.reset();
        }
    }
}

}  // namespace walferry
