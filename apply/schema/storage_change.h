#pragma once

#include <string>
#include <vector>

#include "model/table_storage.h"

namespace walferry {

/// What happened to a table's rows without an event and without a change of its shape.
struct StorageChange {
    /// ALTER TABLE … ALTER COLUMN … TYPE the same USING other values. Told from VACUUM FULL and TRUNCATE by a
    /// column's mark.
    bool rewritten = false;
    std::vector<RelationId> attached;  ///< tables that became partitions, with the rows that they have
    std::vector<RelationId> made;      ///< partitions that were made as such, and empty
    std::vector<RelationId> gone;      ///< partitions that were detached or dropped, with their rows

    bool empty() const { return !rewritten && attached.empty() && made.empty() && gone.empty(); }
};

/// Empty where nothing is known.
StorageChange compare_storage(const TableStorage& known, const TableStorage& now);

/// Whether leaves that were there before are stored somewhere else now.
bool was_rewritten(const TableStorage& known, const TableStorage& now);
/// Whether nothing tells that the column was altered.
bool same_mark(const TableStorage& known, const TableStorage& now, std::int16_t attnum);

}  // namespace walferry
