#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apply/net_changes.h"
#include "apply/row_encoder.h"
#include "apply/table_registry.h"
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

/// The changes of one table in one batch: folded to net changes, or kept as messages while the table is being
/// copied. Belongs to its batch, whose arena holds the bytes.
class TableBatch {
 public:
    TableBatch(std::shared_ptr<Table> table, bool keep);

    /// Folds one change in. `transaction` is the one it belongs to.
    Status add(const ChangeEvent& event, const Transaction& transaction, Arena& arena);

    const std::shared_ptr<Table>& table() const { return table_; }
    const TablePlan& plan() const { return *table_->plan; }
    bool keeps() const { return keep_; }
    bool truncated() const { return truncated_; }
    NetChanges& net() { return net_; }
    RowCounts& rows() { return rows_; }
    const std::vector<KeptChange>& kept() const { return kept_; }
    const EventCounts& counts() const { return counts_; }
    PgTime last_commit_time() const { return last_commit_time_; }

    /// Rows that the warehouse will have to take, at most.
    std::size_t size() const { return net_.size() + rows_.size() + kept_.size(); }
    std::size_t bytes() const;

 private:
    Status fold(const ChangeEvent& event, Arena& arena);
    Status fold_keyed(const ChangeEvent& event, Arena& arena);
    Status fold_counted(const ChangeEvent& event, Arena& arena);
    Status count_row(TupleData tuple, const TupleData* before, Lsn commit_lsn, std::int64_t count,
                     Arena& arena);
    Error insert_without_value() const;
    void keep(const ChangeEvent& event, const Transaction& transaction, Arena& arena);

    std::shared_ptr<Table> table_;
    bool keep_;
    bool truncated_ = false;
    std::optional<RowEncoder> encoder_;
    std::uint64_t kept_relation_version_ = 0;
    NetChanges net_;
    RowCounts rows_;
    std::vector<KeptChange> kept_;
    EventCounts counts_;
    PgTime last_commit_time_ = 0;
    std::string scratch_;
};

}  // namespace walferry
