#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "checkpoint/resync_store.h"

namespace walferry {

/// One resync as people see it.
struct ResyncReport {
    ResyncRow row;
    std::uint64_t rows_estimated = 0;  ///< of the source, 0 while unknown
};

/// Where the requests of resyncs and the session that carries them out meet: what is new, how far the running
/// one is, which are to be given up. Lives as long as the pipeline; thread-safe. The control table is the
/// truth, and the board only says what it doesn't yet.
class ResyncBoard {
 public:
    /// Requests were added: the session reads them soon.
    void announce() { announced_ = true; }
    bool is_announced() const { return announced_; }
    bool take_announcement() { return announced_.exchange(false); }

    /// By the session, of every request that it knows to be open: as it stands now. What was cancelled is not
    /// shown any more.
    void show(const ResyncReport& report);
    /// It has ended.
    void clear(std::int64_t id);
    /// What is known of it beyond its row.
    std::optional<ResyncReport> running(std::int64_t id) const;
    /// All that are shown, in the order of their ids.
    std::vector<ResyncReport> open() const;

    /// After its row was ended as cancelled.
    void cancel(std::int64_t id);
    bool is_cancelled(std::int64_t id) const;

 private:
    std::atomic<bool> announced_{false};
    mutable std::mutex mutex_;
    std::map<std::int64_t, ResyncReport> running_;
    std::set<std::int64_t> cancelled_;
};

}  // namespace walferry
