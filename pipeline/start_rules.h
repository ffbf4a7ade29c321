#pragma once

#include <optional>

#include "capture/source_catalog.h"
#include "checkpoint/checkpoint_store.h"
#include "model/error.h"

namespace walferry {

/// What is known before anything is written: the source, its slot, and the warehouse's checkpoint.
struct StartFacts {
    SourceIdentity source;
    std::optional<SlotStatus> slot;
    std::optional<Checkpoint> checkpoint;
    /// Where the checkpoint's timeline ended at the source, when the source is on a later one.
    std::optional<Lsn> timeline_end;
};

enum class StartKind {
    Fresh,       ///< nothing is there yet: make slot and checkpoint, copy
    Unfinished,  ///< a set-up that was interrupted before its first position: start it over
    Continue,    ///< go on from the checkpoint
};

/// Decides how to start, or refuses: every state in which going on could lose or double data without an error
/// gives kind Refused with what was seen and the command that resolves it (traps 4, 11 and 12; design
/// invariant 2). Pure.
///
/// The facts must have been read in the order slot, checkpoint: the checkpoint only grows, so a slot that is
/// being moved by a live instance can't look as if it were ahead.
Result<StartKind> judge_start(const StartFacts& facts, const std::string& pipeline,
                              const std::string& slot_name);

/// Whether the slot may be given up for a new one. The slot may be lost, gone, or ahead of the checkpoint;
/// but a source that is not the one the targets were filled from, or that lacks what they have, is refused as
/// above, and so is a slot that is not ours or is in use. Pure.
Status judge_new_slot(const StartFacts& facts, const std::string& pipeline, const std::string& slot_name);

}  // namespace walferry
