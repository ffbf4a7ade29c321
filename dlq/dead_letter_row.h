#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dlq/dead_letter.h"
#include "warehouse/control_names.h"
#include "warehouse/pg_time_sql.h"

/// A letter as a row of the control table, out and in. Pure.
namespace walferry {

/// The columns of the table, as they are loaded.
std::vector<TargetColumn> dead_letter_columns();

/// Appends the fields of `dead_letter_columns` in load format. Texts are made storable.
void append_dead_letter_row(std::string& row, const DeadLetter& letter, std::string_view pipeline);

/// What to select, in the order that `read_dead_letter_row` reads.
std::string dead_letter_select_list(WarehouseKind kind);
DeadLetter read_dead_letter_row(const ControlSchema& control,
                                const std::vector<std::optional<std::string>>& row);

}  // namespace walferry
