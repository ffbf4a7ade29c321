#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "dlq/dead_letter_replay.h"
#include "pipeline/pipeline_status.h"
#include "pipeline/resync/resync_board.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// The greatest limit of rows a second that can be asked for.
inline constexpr std::uint64_t resync_rate_max = 1'000'000'000'000;

/// What people do with resyncs: the same through the running service, whose applier writes, and without one.
/// Thread-safe where its parts are.
class ResyncDesk {
 public:
    struct Parts {
        const Config& config;
        /// A session to read with.
        std::function<Result<std::unique_ptr<WarehouseSession>>()> reader;
        SingleWriter writer;
        ResyncBoard* board = nullptr;  ///< null where no session runs
        /// What the running pipeline says of its tables beyond their rows; may be empty.
        std::function<StatusReport()> status = {};
    };
    explicit ResyncDesk(Parts parts) : parts_(std::move(parts)) {}

    struct Request {
        std::vector<std::string> tables;  ///< schema.table, or table where that is in one schema only
        bool all = false;                 ///< every table that streams
        std::uint64_t rate_max = 0;       ///< rows a second; 0: no limit
    };
    /// One report a table, in the order asked for; of a table that has an open request, that one's. Kind
    /// Data: a table that the pipeline doesn't have. Kind Refused: one that is being copied, or is excluded,
    /// or of which nothing can be told.
    Result<std::vector<ResyncReport>> request(const Request& request) const;

    struct Filter {
        std::vector<std::int64_t> ids;  ///< empty: all
        bool open_only = false;
    };
    /// Newest first, the newest 100 of all; with a filter, all that it leaves, oldest first. Empty where
    /// there are no control tables yet.
    Result<std::vector<ResyncReport>> list(const Filter& filter = {{}, false}) const;

    /// Gives up those of them that have not ended; the targets stay as they are. Returns their reports.
    Result<std::vector<ResyncReport>> cancel(const std::vector<std::int64_t>& ids) const;

 private:
    struct Opened {
        std::unique_ptr<WarehouseSession> session;
        ResyncStore store;
        bool exists = false;
    };
    Result<Opened> open() const;
    Result<std::vector<ResyncRow>> read(const Opened& opened, const Filter& filter) const;
    std::vector<ResyncReport> reports(std::vector<ResyncRow> rows) const;

    Parts parts_;
};

}  // namespace walferry
