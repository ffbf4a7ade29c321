#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "apply/event_rules.h"
#include "apply/table_batch.h"
#include "dlq/dead_letter.h"
#include "model/arena.h"

namespace walferry {

/// What the reader hands to the applier: some source transactions, folded by table. A transaction that is
/// larger than a batch comes as several steps, all but the last not `complete`: they are applied in one
/// warehouse transaction.
struct Batch {
    Arena arena;
    std::map<RelationId, TableBatch> tables;
    /// Tables whose changes go straight to the target from this batch on: what was kept of them comes first.
    std::vector<std::shared_ptr<Table>> turning_direct;
    std::vector<DeadLetter> letters;  ///< of records that could not be read
    Violations violations;            ///< of contracts, by the batch's events
    Lsn position;                     ///< the checkpoint after this batch; meaningful when complete
    bool complete = false;            ///< ends at a source commit
    Lsn leaves_open;         ///< commit_lsn of the transaction that goes on in the next step; 0 when complete
    bool save_soon = false;  ///< the source waits for an acknowledgement
    std::uint64_t transactions = 0;
    std::uint64_t events = 0;
    PgTime first_commit_time = 0;
    PgTime last_commit_time = 0;
    PgTime newest_commit_time = 0;

    bool has_changes() const { return !tables.empty() || !letters.empty(); }
    std::size_t rows() const;
    std::size_t bytes() const;
};

}  // namespace walferry
