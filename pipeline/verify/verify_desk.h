#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "model/change.h"
#include "pipeline/verify/verifier.h"

namespace walferry {

/// The comparisons of a running pipeline, one at a time, and what the last ones found. Thread-safe.
class VerifyDesk {
 public:
    /// What is known of a target since the process began.
    struct Entry {
        TableVerification result;
        PgTime at = 0;  ///< when its comparison ended
    };

    /// `compared` hears of each target that was compared.
    VerifyDesk(Verifier::Parts parts, std::function<void(const Entry&)> compared)
        : parts_(std::move(parts)), compared_(std::move(compared)) {}

    /// Kind Busy while another one goes on.
    Result<std::vector<TableVerification>> verify(VerifyOptions options, VerifyListener listener,
                                                  std::stop_token stop);

    /// What is wrong with these options, kind Configuration, before any row is read.
    Status check(const VerifyOptions& options) const;

    struct State {
        bool running = false;
        std::string failure;  ///< of the last run; empty when it ended well
        std::vector<Entry> entries;
    };
    State state() const;

 private:
    Verifier::Parts parts_;
    std::function<void(const Entry&)> compared_;
    mutable std::mutex mutex_;
    bool running_ = false;
    std::string failure_;
    std::map<std::pair<std::string, std::string>, Entry> entries_;  ///< by table and target
};

}  // namespace walferry
