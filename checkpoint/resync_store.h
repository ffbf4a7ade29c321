#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/control_schema.h"
#include "model/change.h"
#include "model/relation.h"

namespace walferry {

/// Where the resync of one table stands. Requested: waits for its turn. Copying: the source's rows go into a
/// table beside the targets. CatchingUp: what changed meanwhile follows. Comparing: which rows of the targets
/// differ from it. The other three are final.
enum class ResyncState { Requested, Copying, CatchingUp, Comparing, Done, Failed, Cancelled };

std::string_view to_string(ResyncState state);
std::optional<ResyncState> parse_resync_state(std::string_view text);
inline bool has_ended(ResyncState state) {
    return state >= ResyncState::Done;
}

struct ResyncRow {
    std::int64_t id = 0;  ///< grows with each request of the pipeline
    std::string source_schema, source_table;
    RelationId relation_id = 0;
    ResyncState state = ResyncState::Requested;
    std::string reason;              ///< why it failed
    std::uint64_t rate_max = 0;      ///< rows a second read from the source; 0: no limit
    std::uint64_t rows_copied = 0;   ///< read from the source
    std::uint64_t rows_changed = 0;  ///< of all targets, that were not as they should be
    PgTime requested_at = 0;         ///< warehouse's clock
    PgTime ended_at = 0;             ///< 0 while it has not

    std::string qualified_name() const { return source_schema + "." + source_table; }
};

/// The control table `resync`: requests to make tables of one pipeline equal to their source again, and what
/// became of them. Stateless beside the names, like the other stores: every method works inside the session's
/// current transaction (or on its own where none is open).
///
/// A request outlives the process: whoever runs the pipeline next begins what has not ended anew.
class ResyncStore {
 public:
    explicit ResyncStore(ControlSchema control) : control_(std::move(control)) {}

    /// Whether the table is there; control tables of an older build lack it. The other methods want it.
    Result<bool> exists(WarehouseSession& session) const;

    /// Newest first; `open_only`: those that have not ended, oldest first.
    Result<std::vector<ResyncRow>> read(WarehouseSession& session, bool open_only,
                                        std::uint64_t rows_max = 100) const;

    /// Those with these ids, in the order of the ids.
    Result<std::vector<ResyncRow>> find(WarehouseSession& session,
                                        const std::vector<std::int64_t>& ids) const;

    /// Adds requests for these tables, `id` and `requested_at` set here. One for a table that has an open
    /// request joins that one: its row comes back instead. Of those that have ended the newest 10,000 ids
    /// stay.
    Result<std::vector<ResyncRow>> request(WarehouseSession& session, std::vector<ResyncRow> rows) const;

    /// Writes state, reason and counts, and `ended_at` where the state is final. Under `epoch`, so that
    /// `holds` can tell. Nothing happens to a row that has ended already.
    Status write(WarehouseSession& session, const ResyncRow& row, std::uint64_t epoch) const;

    /// For a worker, before its transaction commits: kind Fenced unless the row was last written under this
    /// epoch and has not ended. In PostgreSQL it share-locks the row.
    Status holds(WarehouseSession& session, std::int64_t id, std::uint64_t epoch) const;

    /// Ends those of the open requests as cancelled; gives their rows, in the order of the ids.
    Result<std::vector<ResyncRow>> cancel(WarehouseSession& session,
                                          const std::vector<std::int64_t>& ids) const;

    const ControlSchema& control() const { return control_; }

 private:
    Result<std::vector<ResyncRow>> select(WarehouseSession& session,
                                          const std::string& where_and_order) const;
    Result<std::int64_t> last_id(WarehouseSession& session) const;

    ControlSchema control_;
};

}  // namespace walferry
