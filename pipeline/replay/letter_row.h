#pragma once

#include <string>
#include <vector>

#include "apply/table_plan.h"
#include "dlq/dead_letter.h"
#include "warehouse/control_names.h"

namespace walferry {

/// A dead letter as one row of a temporary table, with the types of its target: what the statements of a
/// replay read. The table is the replay's own, and lasts until `unstage_letter` or a rollback.
///
///   c0 … cn  the new row in load order; of a delete the old one: its key, and the rest as far as it is known
///   b0 … bk  the key of the old row; of a table without key, all of the old row. NULLs where there is none
struct LetterRow {
    TargetName table;
    bool moves = false;  ///< an update that changed the key
    /// Load positions of values that the stream did not carry (unchanged TOAST), NULL in the row.
    std::vector<std::size_t> unchanged;
    /// Load positions of columns that the source has got since the letter was made, NULL in the row.
    std::vector<std::size_t> unknown;
    /// The key under which the unchanged values stood, as JSON like that of the letters.
    std::string base_key;
    std::string old_key_json;  ///< what a change log says in `_old_key`; empty unless it moves

    bool is_partial() const { return !unchanged.empty(); }
    std::string sql() const { return to_sql(table); }
};

/// Encodes the letter by the plan and loads it. Values are taken as they are: hashed and masked before the
/// letter was made. What the plan has no column for is left out. Kind Data when the letter lacks what its
/// kind of change needs, when a value does not fit its column, and when the row breaks the contract that the
/// table has now.
Result<LetterRow> stage_letter(WarehouseSession& session, const TablePlan& plan, const DeadLetter& letter);
Status unstage_letter(WarehouseSession& session, const LetterRow& row);

}  // namespace walferry
