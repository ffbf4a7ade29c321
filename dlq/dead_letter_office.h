#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>

#include "dlq/dead_letter_store.h"
#include "dlq/rejection_rate.h"

namespace walferry {

/// What all who make dead letters in one session share: the applier and the workers of a copy. Gives letters
/// their ids, and has the circuit breaker. Thread-safe.
class DeadLetterOffice {
 public:
    /// `rate_max`: see RejectionRate. `shared`: other processes make letters of this pipeline at the same
    /// time.
    DeadLetterOffice(ControlSchema control, double rate_max, bool shared = false)
        : store_(std::move(control)), shared_(shared), rate_(rate_max), rate_max_(rate_max) {}

    /// Before the first letter of a session: reads which id was given last.
    Status open(WarehouseSession& session);

    const DeadLetterStore& store() const { return store_; }

    /// Loads the letters with ids of their own, in the session's open transaction.
    Status append(WarehouseSession& session, std::span<DeadLetter> letters);

    /// Notes what became of some events. Kind Refused when too many of the last ones were rejected: it is the
    /// target or the configuration that is wrong, not the rows. `last`: why the last of them was.
    Status note(std::uint64_t accepted, std::uint64_t rejected, const std::string& last = "");

 private:
    DeadLetterStore store_;
    bool shared_;
    std::atomic<std::int64_t> last_id_{0};
    std::mutex mutex_;
    RejectionRate rate_;
    double rate_max_;
    std::string last_error_;
};

}  // namespace walferry
