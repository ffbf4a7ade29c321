#pragma once

#include <optional>
#include <string_view>

#include "capture/source_catalog.h"
#include "checkpoint/checkpoint_store.h"
#include "model/error.h"

namespace walferry {

/// How a refusal speaks of who keeps the checkpoint, and of ways out.
struct StartWords {
    std::string_view keeper = "warehouse";
    std::string_view slot_key = "source.postgres.slot";
    std::string_view start_over =
        "if the warehouse is to be filled anew from this source, run `walferry drop CONFIG` and then "
        "`walferry run CONFIG`";
    /// All that was lost is still at the source.
    std::string_view new_slot =
        "`walferry resync CONFIG --all --new-slot` makes a new slot and copies all tables anew beside what "
        "is "
        "there, so that histories and logs lose nothing that they have; then `walferry run CONFIG`";
};

/// What is known before anything is written: the source, its slot, and the keeper's checkpoint.
struct StartFacts {
    SourceIdentity source;
    std::optional<SlotStatus> slot;
    std::optional<Checkpoint> checkpoint;
    /// Where the checkpoint's timeline ended at the source, when the source is on a later one.
    std::optional<Lsn> timeline_end;
    StartWords words = {};
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
