#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace walferry {

/// What an alert can look at. docs/operations.md says what each of them is, and when it is not known.
enum class AlertQuantity {
    LagSeconds,
    LagBytes,
    RetainedWalBytes,
    SafeWalBytes,
    DeadLetters,
    OutboxPending,
    VerifyMismatches,
    FreshnessSeconds,
    NotStreamingSeconds,
    FailedTables,
    Failed,
};

/// As conditions name it: lag_seconds.
std::string_view to_string(AlertQuantity quantity);

enum class AlertComparison { Greater, GreaterOrEqual, Less, LessOrEqual, Equal, NotEqual };

struct AlertCondition {
    AlertQuantity quantity = AlertQuantity::LagSeconds;
    AlertComparison comparison = AlertComparison::Greater;
    double limit = 0;

    bool operator==(const AlertCondition&) const = default;
};

/// One item of `alerts`. Either `webhook` or `command` is not empty.
struct AlertConfig {
    std::string name;  ///< no other alert has it; by default the text of `when`
    std::string when;  ///< the condition as it was written
    AlertCondition condition;
    std::chrono::milliseconds hold_time{0};                    ///< `for`: how long the condition must hold
    std::string webhook;                                       ///< a URL that parse_webhook_url takes
    std::string secret;                                        ///< empty: the webhook is not signed
    std::string command;                                       ///< `exec`
    std::string runbook;                                       ///< empty: the section of our own
    std::chrono::milliseconds repeat = std::chrono::hours(4);  ///< 0: what fires is told once

    bool operator==(const AlertConfig&) const = default;
};

}  // namespace walferry
