#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apply/table_batch.h"
#include "checkpoint/outbox_store.h"

namespace walferry {

/// What a batch, or a step of one, brought to one target table.
struct OutboxChange {
    std::string source_table, target_table;  ///< schema.table, unquoted
    EventCounts counts;                      ///< the source's events
    Lsn commit_lsn;                          ///< of the last source transaction among them
    PgTime first_commit_time = 0, last_commit_time = 0;
};

/// A change of a table's state: `kind` is copied, resynced or schema_changed.
struct OutboxNotice {
    std::string kind;
    std::string source_table, target_table;
    std::string payload;  ///< JSON
};

/// The applier's side of the outbox: collects what one warehouse transaction brings, over all the steps of a
/// large source transaction, and writes it as rows of that same transaction, just before its checkpoint.
///
/// Ids go up in the order of commits, since there is one writer (the epoch sees to that): the first id is
/// read in the writer's own transaction, then they are counted here. A transaction that fails leaves a gap at
/// most. Used by the applier's thread.
class Outbox {
 public:
    /// `shared`: others append, too, at the same time.
    explicit Outbox(ControlSchema control, bool shared = false)
        : store_(std::move(control)), shared_(shared) {}

    /// Adds to what was noted of the same source and target since the last `write`.
    void note(const OutboxChange& change);
    /// Goes before the rows of the batch.
    void announce(OutboxNotice notice) { notices_.push_back(std::move(notice)); }

    /// Rows were appended by another part of this process, between two transactions of this one.
    void others_wrote() { last_id_.reset(); }

    /// Writes one row for each notice and each changed target. `position` is that of the checkpoint which the
    /// transaction saves: notices bear it.
    Status write(WarehouseSession& session, Lsn position);

 private:
    OutboxStore store_;
    bool shared_;
    std::vector<OutboxNotice> notices_;
    std::map<std::pair<std::string, std::string>, OutboxChange> changes_;
    std::optional<std::int64_t> last_id_;
};

/// `{"counts": {"c":…, "u":…, "d":…, "t":…}, "first_commit_ts":…, "last_commit_ts":…}`
std::string batch_payload(const OutboxChange& change);

/// The first copy of a table is complete, and its changes stream from here on: `{"rows": …}`.
OutboxNotice copied_notice(std::string source_table, std::string target_table, std::uint64_t rows);

/// A resync of the table is done: `{"rows": read from the source, "changed": that were not as they should
/// be}`.
OutboxNotice resynced_notice(std::string source_table, std::string target_table, std::uint64_t rows,
                             std::uint64_t changed);

/// The target goes by another shape from here on; the payload is `change_json`.
OutboxNotice schema_changed_notice(std::string source_table, std::string target_table, std::string change);

}  // namespace walferry
