#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "config/config.h"
#include "dlq/dead_letter_replay.h"
#include "dlq/dead_letter_store.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// What people do with dead letters: the same through the running service, whose applier writes, and without
/// one. Thread-safe where its parts are.
class DeadLetterDesk {
 public:
    struct Parts {
        const Config& config;
        /// A session to read with.
        std::function<Result<std::unique_ptr<WarehouseSession>>()> reader;
        SingleWriter writer;
        /// Told how many letters are open, after something was changed; may be empty.
        std::function<void(std::uint64_t open)> on_change;
    };
    explicit DeadLetterDesk(Parts parts) : parts_(std::move(parts)) {}

    const std::string& pipeline() const { return parts_.config.pipeline; }

    /// A page of letters, as DeadLetterStore::list. Empty where there are no control tables yet.
    Result<std::vector<DeadLetter>> list(const DeadLetterFilter& filter,
                                         const DeadLetterCursor* after = nullptr) const;

    /// Gives up those of the letters that are open, and returns their ids.
    Result<std::vector<std::int64_t>> discard(const std::vector<std::int64_t>& ids) const;

    /// Tries to apply those of the letters that are open, in the order of their commits.
    Result<ReplayReport> replay(const std::vector<std::int64_t>& ids) const;

 private:
    struct Opened {
        std::unique_ptr<WarehouseSession> session;
        DeadLetterStore store;
        bool exists = false;
    };
    Result<Opened> open() const;
    Status tell_change(Opened& opened) const;

    Parts parts_;
};

/// Which warehouse a configuration names.
WarehouseKind warehouse_kind(const Config& config);

/// Letters that one call of `replay` may name; more are refused (kind Data).
inline constexpr std::size_t replay_letters_max = 1000;

/// How many letters of the pipeline are open; 0 where there is no table of them yet.
Result<std::uint64_t> count_open_letters(WarehouseSession& session, const ControlSchema& control);

/// A writer for when no service runs, over a session of its own: each work's transaction holds the epoch that
/// it finds at its begin.
SingleWriter make_lone_writer(WarehouseSession& session, ControlSchema control);

}  // namespace walferry
