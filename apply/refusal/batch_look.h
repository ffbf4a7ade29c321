#pragma once

#include "apply/refusal/letter_book.h"
#include "apply/table_batch.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// Whether a folded batch touches a row of which a target lacks the newest version: then its events have to
/// be looked at one by one (CarefulWriter). Costs nothing where no row is hollow.
bool touches_hollow(TableBatch& batch, const LetterBook& book);

/// Whether the targets' columns can hold all values of a folded batch, as far as that can be told without
/// loading them (WarehouseSession::row_check).
Result<bool> rows_fit(WarehouseSession& session, TableBatch& batch);

}  // namespace walferry
