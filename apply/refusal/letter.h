#pragma once

#include <optional>
#include <string>

#include "apply/refusal/refusal.h"
#include "apply/table_plan.h"
#include "dlq/dead_letter.h"
#include "model/change.h"

namespace walferry {

/// The dead letter of an event that one target refuses. Pure.
DeadLetter letter_of(const TablePlan& plan, const ChangeEvent& event, const Transaction& transaction,
                     const Refusal& refusal);

/// The same of a row of a first copy, all its columns as text in the order of `columns`; its position is that
/// of the copy's snapshot.
DeadLetter letter_of_copied(const TablePlan& plan, const Relation& columns, TupleData row, Lsn snapshot_lsn,
                            PgTime snapshot_time, const Refusal& refusal);

/// A letter's key (JSON) as the load fields by which the target tells rows apart; nothing when they can't be
/// represented in it, or are not those of the plan.
std::optional<std::string> identity_from_json(const TablePlan& plan, const std::string& key);

}  // namespace walferry
