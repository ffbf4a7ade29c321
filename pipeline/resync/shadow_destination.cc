#include "pipeline/resync/shadow_destination.h"

namespace walferry {

Status ShadowDestination::hold(WarehouseSession& session, const Table&) {
    return store_.holds(session, resync_, epoch_);
}

Status ShadowDestination::complete(WarehouseSession& session, SnapshotHolder& holder, Table& table) {
    WALFERRY_TRYV(holder.confirm());
    WALFERRY_TRYV(session.begin());
    for (const auto& plan : table.plans) {
        WALFERRY_TRYV(add_key_indexes(session, *plan));
    }
    WALFERRY_TRYV(store_.holds(session, resync_, epoch_));
    WALFERRY_TRYV(session.commit());
    table.snapshot_text = holder.text();
    table.snapshot = holder.snapshot();
    table.snapshot_lsn = holder.position();
    table.snapshot_time = holder.time();
    table.state = TableState::CatchingUp;
    return success();
}

}  // namespace walferry
