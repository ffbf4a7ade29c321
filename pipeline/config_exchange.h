#pragma once

#include <atomic>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>

#include "config/config.h"

namespace walferry {

/// The configuration that a pipeline runs under, and the way to give it another one while it runs: the
/// session ends as when stopped, and the next one has the new configuration. One under which no session ever
/// begins, because a person would have to decide first, is given up for the one before: a wrong reload never
/// ends a service that runs.
class ConfigExchange {
 public:
    explicit ConfigExchange(Config first);

    /// Any thread. The reference holds as long as the exchange lives, also when another one became current.
    const Config& current() const { return *current_; }

    enum class Offer { None, Waiting, Trying, Taken, GivenUp };
    /// Any thread. An offer that waits is replaced.
    void offer(Config next);
    Offer newest_offer() const;

    // The thread that runs the sessions:

    /// Makes an offer that waits current; true when there was one. From here on an offer stops `session`.
    bool begin_session(const std::stop_source& session);
    /// A session under the current configuration began: there is no way back any more.
    void settle();
    /// A session failed for good. True when it was an offer's, and the configuration before is current again.
    bool give_up();

 private:
    mutable std::mutex mutex_;
    std::list<Config> configs_;  ///< grows with each reload by some kB; others may still look at older ones
    std::atomic<const Config*> current_;
    const Config* before_ = nullptr;  ///< to go back to; null when there is no way back
    std::optional<Config> offered_;
    Offer newest_offer_ = Offer::None;
    std::stop_source session_{std::nostopstate};
};

}  // namespace walferry
