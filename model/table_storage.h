#pragma once

#include <cstdint>
#include <map>

#include "model/relation.h"
#include "model/source_table.h"

namespace walferry {

/// Where the source keeps a table's rows, and marks of what was altered: the only traces of what is done to
/// rows without an event (ALTER TABLE … TYPE, a volatile default, ATTACH and DETACH PARTITION).
struct TableStorage {
    /// An ordinary table is the only leaf of itself.
    struct Leaf {
        std::uint32_t file_node = 0;  ///< another one after every rewrite, VACUUM FULL and TRUNCATE too
        bool made_as_partition = false;

        bool operator==(const Leaf&) const = default;
    };
    std::map<RelationId, Leaf> leaves;
    /// By attnum: xmin of the column's row in pg_attribute, another one after every ALTER of the column, but
    /// the same after VACUUM FULL and TRUNCATE. Without columns that have a missing value, for which that is
    /// not so.
    std::map<std::int16_t, std::uint32_t> marks;
    std::int16_t last_attnum = 0;  ///< of all columns, dropped and unpublished ones too: none is given twice

    bool operator==(const TableStorage&) const = default;
    bool empty() const { return leaves.empty(); }
};

/// A table as it was last applied, or found.
struct TableShape {
    SourceTable table;
    TableStorage storage;
};

}  // namespace walferry
