#include "pipeline/replay/version_placement.h"

#include <algorithm>

namespace walferry {

namespace {

void end_before(Placement& placement, const Version& before, PgTime time) {
    placement.before = time > before.from ? Placement::Before::Ends : Placement::Before::Goes;
    placement.before_ends = time;
}

/// The version that the transaction has begun keeps its time, unless it turns out to change nothing.
Placement replace(const Neighbours& around) {
    Placement placement;
    placement.newest = !around.same_transaction->to;
    placement.same_transaction = Placement::SameTransaction::Replaced;
    const bool adjoins = around.before && around.before->to == around.same_transaction->from;
    if (!adjoins || !around.before->same) return placement;
    placement.same_transaction = Placement::SameTransaction::Goes;
    placement.before = Placement::Before::Ends;
    placement.before_ends = around.same_transaction->to;
    return placement;
}

}  // namespace

bool lasts_past(const Neighbours& around, bool inserts, PgTime time) {
    if (!around.before) return false;
    const Version& before = *around.before;
    if (!before.to) return true;
    if (inserts) return around.after && before.to == around.after->from;
    return *before.to > time;
}

Placement place_row(const Neighbours& around, bool inserts, PgTime time) {
    if (around.same_transaction) return replace(around);
    Placement placement;
    const bool lasts = lasts_past(around, inserts, time);
    placement.from = time;
    if (around.before)
        placement.from = std::max(time, lasts ? around.before->from : around.before->to.value_or(time));
    if (lasts) placement.to = around.before->to;
    if (around.after && (!placement.to || around.after->from < *placement.to))
        placement.to = around.after->from;
    if (placement.to && placement.from >= *placement.to) {
        placement.superseded = true;
        return placement;
    }
    placement.newest = !placement.to;
    if (lasts && around.before->same) return placement;
    if (lasts) end_before(placement, *around.before, placement.from);
    placement.opens = true;
    return placement;
}

Placement place_end(const Neighbours& around, PgTime time) {
    Placement placement;
    if (around.same_transaction) {
        placement.newest = !around.same_transaction->to;
        placement.same_transaction = Placement::SameTransaction::Goes;
        return placement;
    }
    if (!around.before) return placement;
    const Version& before = *around.before;
    const PgTime end = std::max(time, before.from);
    if (before.to && *before.to <= end) return placement;
    placement.newest = !before.to;
    end_before(placement, before, end);
    return placement;
}

}  // namespace walferry
