#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apply/outbox.h"
#include "apply/table_registry.h"
#include "model/change.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// A table whose targets go by another shape now.
struct Reshaped {
    /// To be put into the registry once the transaction is committed. The table itself where nothing changed
    /// that its targets know of.
    std::shared_ptr<Table> table;
    /// Its rows at the source are not those that the stream made. Its state row says so already: once the
    /// transaction is committed, the session has to start again, which copies it anew.
    bool needs_copy = false;
    std::vector<OutboxNotice> notices;  ///< one a target
};

/// Follows the source when a table's shape changes in the stream. Used by the applier's thread.
class Reshaper {
 public:
    virtual ~Reshaper() = default;

    /// Brings all targets of `table` to the shape of `relation`, of which the change `at` is the first, in
    /// the session's open transaction, with the rows that were applied before as they must be then.
    /// `rows_changed`: whether this transaction updated or deleted rows of the targets before, or reshaped
    /// them; DuckDB then has to write the targets anew, so that a transaction of its own is cheaper. Kind
    /// Schema or Refused when a person has to decide.
    virtual Result<Reshaped> reshape(WarehouseSession& session, const std::shared_ptr<Table>& table,
                                     const Relation& relation, SequenceKey at, bool rows_changed) = 0;
};

}  // namespace walferry
