#pragma once

#include <cstddef>
#include <stop_token>

#include "config/config.h"
#include "model/lsn.h"
#include "warehouse/warehouse.h"

namespace walferry {

struct NewSlot {
    Lsn position;            ///< from where on it has everything
    std::size_t tables = 0;  ///< to be copied anew
};

/// Gives up the pipeline's slot, which is lost, gone, or no match of the checkpoint, for a new one of the
/// same name, and has all tables copied anew by the next `run`: beside their targets, which readers see as
/// they are until then. Histories get the change from what they have to what the source has then; what was
/// between is lost with the slot. Tables are copied whatever `snapshot` says. Nothing else of the pipeline
/// may run: the slot must not be in use, and a session that still lives is fenced. Kind Refused where a new
/// slot would not resolve it (start_rules.h).
///
/// Steps, and what a crash after each leaves, of which every one can be done again:
/// 1. The epoch raised, in a commit of its own; then in one commit every captured table `failed` with the
///    reason (one that was being copied stays `copying`, under the new epoch), kept changes cleared.
///    → The slot is as before. Lost, gone or ahead of the checkpoint: `run` refuses and names this command.
///    In good order: `run` streams from the checkpoint and copies all tables anew.
/// 2. A publication of ours made, where it is gone. → As before.
/// 3. The old slot dropped. → `run` refuses: the slot is gone.
/// 4. The new slot made. → `run` refuses: the slot is ahead of the checkpoint.
/// 5. The checkpoint moved to the slot's position, and the source's timeline noted. → `run` goes on from
///    there. That position is never before the checkpoint: a source whose log ends before it is refused.
Result<NewSlot> renew_slot(const Config& config, Warehouse& warehouse, std::stop_token stop);

}  // namespace walferry
