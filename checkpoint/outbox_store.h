#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "checkpoint/control_schema.h"
#include "model/change.h"

namespace walferry {

/// One announcement of the outbox: what a batch brought to a table, or that a table changed its state.
struct OutboxRow {
    std::int64_t id = 0;  ///< grows with each row of the pipeline, in the order of the warehouse's commits
    std::string pipeline;
    PgTime created_at = 0;                   ///< the warehouse's clock; set by `append`
    std::string kind;                        ///< batch, copied, resynced, schema_changed
    std::string source_table, target_table;  ///< schema.table, unquoted
    Lsn commit_lsn;                          ///< of the last source transaction that it speaks of
    std::string payload;                     ///< JSON
};

/// The control table `outbox`, rows of one pipeline. Stateless beside the names, like the other stores.
///
/// Who may do what: only the applier appends, in the transaction that the rows speak of; only the relay
/// marks and prunes. They never touch the same rows, so neither waits for the other nor makes it fail.
class OutboxStore {
 public:
    explicit OutboxStore(ControlSchema control) : control_(std::move(control)) {}

    /// The largest id that was ever committed; 0 when there is none.
    Result<std::int64_t> last_id(WarehouseSession& session) const;
    Status append(WarehouseSession& session, std::span<const OutboxRow> rows) const;

    /// In order of id, from behind `after`; `rows_max` at most.
    Result<std::vector<OutboxRow>> unpublished(WarehouseSession& session, std::int64_t after,
                                               std::uint64_t rows_max) const;
    struct Backlog {
        std::uint64_t rows = 0;
        std::int64_t first_id = 0;  ///< 0 when there are no rows
    };
    /// What is unpublished behind `after`.
    Result<Backlog> backlog(WarehouseSession& session, std::int64_t after) const;
    Status mark_published(WarehouseSession& session, std::int64_t up_to) const;

    /// Deletes rows that were published longer ago than `retention`, `rows_max` at most, oldest first; gives
    /// their number. Neither an unpublished row nor the newest one goes: ids go on from there.
    Result<std::uint64_t> prune(WarehouseSession& session, std::chrono::milliseconds retention,
                                std::uint64_t rows_max) const;

    const ControlSchema& control() const { return control_; }

 private:
    std::string unpublished_where(std::int64_t after) const;

    ControlSchema control_;
};

}  // namespace walferry
