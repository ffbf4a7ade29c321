#pragma once

#include <optional>

#include "model/change.h"
#include "model/lsn.h"

namespace walferry {

/// A version of a key in a history. `same`: its tracked columns have the values of the row to be placed.
struct Version {
    Lsn lsn;
    PgTime from = 0;
    std::optional<PgTime> to;  ///< none while it is current
    bool same = false;
};

/// The versions around a letter's transaction, by position in the log.
struct Neighbours {
    std::optional<Version> before;            ///< the last one of an earlier transaction
    std::optional<Version> same_transaction;  ///< what the letter's own transaction had begun
    std::optional<Version> after;             ///< the first one of a later transaction
};

/// What becomes of a key's versions when one more change of it is put where it belongs. Half-open intervals;
/// none of no length is left or added.
struct Placement {
    enum class Before { Stays, Ends, Goes };
    enum class SameTransaction { Stays, Replaced, Goes };

    bool superseded = false;  ///< later versions leave it no time: nothing is done
    Before before = Before::Stays;
    std::optional<PgTime> before_ends;  ///< Ends: when; none: it is current again
    SameTransaction same_transaction = SameTransaction::Stays;
    bool opens = false;  ///< a version of [from, to)
    PgTime from = 0;
    std::optional<PgTime> to;
    bool newest = false;  ///< no later version is known: the row is what the key's newest one is

    /// Whether the history has a version that begins with the letter's row.
    bool has_row() const { return opens || same_transaction == SameTransaction::Replaced; }
};

/// Whether the version before lasts past the change at `time`, which found it: or would have, had it been
/// applied. An insert (`inserts`) finds none as a rule; but one transaction can delete and insert.
bool lasts_past(const Neighbours& around, bool inserts, PgTime time);

/// A row that is there from `time` on, the commit time of its transaction.
Placement place_row(const Neighbours& around, bool inserts, PgTime time);

/// The key's row is gone from `time` on.
Placement place_end(const Neighbours& around, PgTime time);

}  // namespace walferry
