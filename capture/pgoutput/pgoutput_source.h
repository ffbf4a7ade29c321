#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "capture/change_source.h"

namespace walferry {

struct PgoutputOptions {
    std::string connection;  ///< libpq connection string or URL, without `replication`
    std::string slot;
    std::string publication;
    Lsn start;  ///< the checkpoint; also what is acknowledged at first
    /// Logical messages are wanted, too. Servers before PostgreSQL 14 don't send them, and none come then.
    bool messages = false;
};

/// Opens a replication connection and starts streaming protocol 1 with text values. Kinds of failure:
/// Connection; Busy when the slot is in use by another process (its pid is in the message); Refused when the
/// slot is gone or lost; Permission. Transactions whose commit_lsn is before `start` (the slot may rewind
/// after a crash of the source) are dropped here: neither their begin nor their changes come out.
Result<std::unique_ptr<ChangeSource>> start_pgoutput(const PgoutputOptions& options);

/// Creates a logical slot for pgoutput (FAILOVER where the server is 17 or newer) and gives its consistent
/// point: every transaction that commits after it is streamed whole. The server waits for transactions that
/// run; kind Cancelled when asked to stop meanwhile.
Result<Lsn> create_slot(const std::string& connection, const std::string& slot, std::stop_token stop = {});

/// A slot that was just made, and the snapshot that fits it: what was committed before the consistent point
/// is in the snapshot, everything else comes by the slot. The snapshot can be imported while this object
/// lives.
class SlotWithSnapshot {
 public:
    virtual ~SlotWithSnapshot() = default;
    virtual Lsn consistent_point() const = 0;
    virtual const std::string& snapshot() const = 0;  ///< for SET TRANSACTION SNAPSHOT
};
Result<std::unique_ptr<SlotWithSnapshot>> create_slot_with_snapshot(const std::string& connection,
                                                                    const std::string& slot,
                                                                    std::stop_token stop = {});

/// The timeline switch points of the source, read with TIMELINE_HISTORY: the LSN at which `timeline` ended,
/// empty when the source's current timeline does not descend from it by a switch.
Result<std::optional<Lsn>> timeline_end(const std::string& connection, std::uint32_t timeline);

}  // namespace walferry
