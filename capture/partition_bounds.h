#pragma once

#include <string>
#include <vector>

#include "capture/source_query.h"
#include "model/source_table.h"

namespace walferry {

/// A partition in the table that it is a direct part of.
struct PartitionLevel {
    std::string name;                  ///< schema.table
    char strategy = 'r';               ///< pg_partitioned_table.partstrat: r, l or h
    std::vector<std::string> columns;  ///< of the partition key; an expression is empty
    std::string bound;                 ///< as pg_get_expr prints it, under our fixed settings
};

/// A partition, and those that it is in, up to a table of the pipeline.
struct Partition {
    RelationId root = 0;
    std::vector<PartitionLevel> levels;  ///< from the partition up
};

/// Looks for a partition of one of `roots` by its `schema.table`, or by its name alone where that is in one
/// schema only. Kind Configuration: there is none, or several.
Result<Partition> find_partition(SourceQuery& query, const std::string& name,
                                 const std::vector<RelationId>& roots);

}  // namespace walferry
