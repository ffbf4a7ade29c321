#pragma once

#include <string>
#include <utility>

#include "apply/table_plan.h"
#include "dlq/dead_letter_replay.h"
#include "pipeline/replay/letter_row.h"
#include "warehouse/lsn_literal.h"

namespace walferry {

/// One letter on its way into one target, inside the open transaction.
struct ReplayCase {
    WarehouseSession& session;
    const TablePlan& plan;
    const DeadLetter& letter;
    const LetterRow& row;
    const ControlSchema& control;

    /// The letter's commit position as an SQL literal of the target.
    std::string lsn() const { return lsn_literal(plan.kind, letter.sequence.commit_lsn); }
};

/// `full`: see ReplayOutcome.
inline ReplayOutcome replayed(bool full) {
    return {ReplayVerdict::Replayed, "", "", full};
}
inline ReplayOutcome superseded() {
    return {ReplayVerdict::Superseded, "", "", false};
}
inline ReplayOutcome refused(std::string code, std::string why) {
    return {ReplayVerdict::Refused, std::move(code), std::move(why), false};
}

/// The letter leaves values out (unchanged TOAST), which an earlier version has, and an open letter may be
/// just that version.
inline ReplayOutcome refused_behind_open_letter() {
    return refused("partial",
                   "it leaves out values that did not change, and an older letter of the row is open: replay "
                   "or correct that one first");
}

}  // namespace walferry
