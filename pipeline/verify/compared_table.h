#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apply/table_plan.h"
#include "warehouse/control_names.h"
#include "warehouse/row_hash/value_form.h"

namespace walferry {

/// What of a target is compared with its source table: which columns, and which of the target's rows stand
/// for the source's.
struct ComparedTable {
    struct Column {
        std::string name;            ///< at the source, quoted
        std::string target_name;     ///< quoted
        std::string plain_name;      ///< at the source, as it is
        std::string source_type;     ///< SQL
        std::string target_type;     ///< SQL
        std::uint32_t type_oid = 0;  ///< at the source
        ComparedColumn compared;
    };
    TablePlan plan;
    std::vector<Column> columns;  ///< the key's first
    std::size_t key_count = 0;    ///< 0: rows are counted, equal ones together
    std::string target_rows;      ///< SQL of a FROM list
    std::string target_filter;    ///< SQL, empty without
    std::string target_lsn;       ///< SQL of a row's position; empty where there is none
    /// SQL of the part that is compared, over either side's columns; empty: all rows. Single rows are looked
    /// up without it: one that is in the part on one side only is compared, too.
    std::string source_part, target_part;
    bool extra_allowed = false;         ///< deletes or truncates are ignored there
    std::vector<std::string> left_out;  ///< columns that are not compared, with the reason

    std::string name() const { return plan.source.qualified_name(); }
    std::vector<HashedColumn> hashed() const;
};

/// A reason not to compare a table at all, in words.
struct ComparisonPlan {
    std::optional<ComparedTable> table;
    std::string skipped;
};

ComparisonPlan plan_comparison(const TablePlan& plan);

}  // namespace walferry
