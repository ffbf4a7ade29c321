#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capture/table_evidence.h"
#include "model/relation.h"
#include "model/source_table.h"

namespace walferry {

/// Which column of the known shape a column of the stream's relation goes on.
struct ColumnMatch {
    std::optional<std::size_t> known;  ///< index in the known shape's columns; none: a new one
    std::int16_t attnum = 0;           ///< 0: nobody knows
};

struct ColumnMatching {
    std::vector<ColumnMatch> columns;  ///< by column of the relation
    std::vector<std::string> doubts;
};

/// See compare_shapes. `last_attnum`: the greatest that the known shape had; what is above came later.
ColumnMatching match_columns(const SourceTable& known, const Relation& relation,
                             const TableEvidence* evidence, std::int16_t last_attnum);

}  // namespace walferry
