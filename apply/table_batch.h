#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "apply/history/history_changes.h"
#include "apply/log/log_changes.h"
#include "apply/table_registry.h"
#include "apply/upsert/upsert_changes.h"
#include "model/change.h"

namespace walferry {

/// The source's events, counted once each by kind.
struct EventCounts {
    std::uint64_t inserts = 0, updates = 0, deletes = 0, truncates = 0;

    void count(ChangeKind kind);
    std::uint64_t total() const { return inserts + updates + deletes + truncates; }
};

/// A change of a table that is being copied, kept as received until the copy is complete.
struct KeptChange {
    SequenceKey sequence;
    bool is_relation = false;  ///< a Relation message: describes the changes after it
    std::uint32_t xid = 0;
    PgTime commit_time = 0;
    std::string_view message;
};

/// What a batch comes down to for one target of a table.
using TargetChanges = std::variant<UpsertChanges, HistoryChanges, LogChanges>;

/// The changes of one table in one batch: encoded once and collected for each target in its own way, or kept
/// as messages while the table is being copied. Belongs to its batch, whose arena holds the bytes.
class TableBatch {
 public:
    TableBatch(std::shared_ptr<Table> table, bool keep);

    /// Takes one change in. `transaction` is the one it belongs to.
    Status add(const ChangeEvent& event, const Transaction& transaction, Arena& arena);

    const std::shared_ptr<Table>& table() const { return table_; }
    const SourceTable& source() const { return table_->source(); }
    bool keeps() const { return keep_; }
    std::vector<TargetChanges>& targets() { return targets_; }
    const std::vector<TargetChanges>& targets() const { return targets_; }
    const std::vector<KeptChange>& kept() const { return kept_; }
    const EventCounts& counts() const { return counts_; }
    PgTime first_commit_time() const { return first_commit_time_; }
    PgTime last_commit_time() const { return last_commit_time_; }
    Lsn last_commit_lsn() const { return last_commit_lsn_; }

    /// Rows that the warehouse will have to take, at most.
    std::size_t size() const;
    std::size_t bytes() const;

 private:
    Status collect(const ChangeEvent& event, const Transaction& transaction, Arena& arena);
    Status encode(EncodedChange& change, Arena& arena);
    void keep(const ChangeEvent& event, const Transaction& transaction, Arena& arena);

    std::shared_ptr<Table> table_;
    bool keep_;
    std::optional<RowEncoder> encoder_;
    std::uint64_t kept_relation_version_ = 0;
    std::vector<TargetChanges> targets_;
    std::vector<KeptChange> kept_;
    EventCounts counts_;
    PgTime first_commit_time_ = 0;
    PgTime last_commit_time_ = 0;
    Lsn last_commit_lsn_;
    std::string old_key_;  ///< scratch
};

}  // namespace walferry
