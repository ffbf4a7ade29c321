#include "pipeline/new_slot.h"

#include <fmt/format.h>

#include "apply/pending_changes.h"
#include "capture/pgoutput/pgoutput_source.h"
#include "checkpoint/table_state_store.h"
#include "pipeline/session_setup.h"
#include "pipeline/table_matching.h"

namespace walferry {

namespace {

/// A table that is being copied begins anew in any case, and its row says what its targets had before;
/// written again, it is not that of a copy which still runs somewhere.
Status fail_table(WarehouseSession& session, const ControlSchema& control, TableStateRow row,
                  std::uint64_t epoch) {
    if (row.state != TableState::Copying) {
        row.state = TableState::Failed;
        row.reason = "the slot was given up for a new one";
    }
    WALFERRY_TRYV(TableStateStore(control).write(session, row, epoch));
    return PendingChanges(control).clear(session, row.relation_id);
}

/// All tables that are captured; gives how many.
Result<std::size_t> fail_tables(WarehouseSession& session, const ControlSchema& control,
                                std::uint64_t epoch) {
    WALFERRY_TRY(rows, TableStateStore(control).read(session));
    std::size_t failed = 0;
    for (const TableStateRow& row : rows) {
        if (row.state == TableState::Excluded) continue;
        WALFERRY_TRYV(fail_table(session, control, row, epoch));
        ++failed;
    }
    return failed;
}

Result<std::size_t> give_up_tables(WarehouseSession& session, const CheckpointStore& checkpoints,
                                   std::uint64_t epoch) {
    WALFERRY_TRYV(session.begin());
    auto failed = fail_tables(session, checkpoints.control(), epoch);
    Status done = failed ? checkpoints.hold(session, epoch) : Status{failed.error()};
    if (done) done = session.commit();
    if (done) return failed;
    session.rollback();
    return done.error();
}

/// A slot decodes with the publication as it was; so that has to be there before it.
Status keep_publication(const Config& config, SourceCatalog& catalog, bool ours) {
    const std::string& name = config.source.publication;
    WALFERRY_TRY(existing, catalog.publication(name));
    if (existing) return success();
    if (!ours) {
        return Error{ErrorKind::Refused, fmt::format("the publication {} is gone", name),
                     "make it again, then `walferry resync CONFIG --all --new-slot`", ""};
    }
    WALFERRY_TRY(candidates, catalog.candidates());
    return catalog.create_publication(name, match_tables(config, candidates).wanted);
}

}  // namespace

Result<NewSlot> renew_slot(const Config& config, Warehouse& warehouse, std::stop_token stop) {
    WALFERRY_TRY(catalog, connect_source_catalog(config.source.connection));
    WALFERRY_TRY(session, warehouse.connect());
    const CheckpointStore checkpoints(control_schema(config, warehouse.kind(), session->catalog()));
    WALFERRY_TRY(facts, read_start_facts(config, *catalog, *session, checkpoints));
    WALFERRY_TRYV(judge_new_slot(facts, config.pipeline, config.source.slot));
    WALFERRY_TRYV(session->end_predecessors());
    WALFERRY_TRY(owned, checkpoints.take_over(*session));
    WALFERRY_TRYV(create_control_schema(*session, checkpoints.control()));  // what an older build lacked
    NewSlot made;
    WALFERRY_TRY(tables, give_up_tables(*session, checkpoints, owned.epoch));
    made.tables = tables;
    WALFERRY_TRYV(keep_publication(config, *catalog, owned.made_publication));
    if (facts.slot) {
        WALFERRY_TRYV(catalog->drop_slot(config.source.slot));
    }
    WALFERRY_TRY(position, create_slot(config.source.connection, config.source.slot, stop));
    made.position = position;
    WALFERRY_TRYV(session->begin());
    Status saved = checkpoints.save(*session, position, owned.epoch);
    if (saved) saved = checkpoints.save_timeline(*session, facts.source.timeline, owned.epoch);
    if (saved) saved = session->commit();
    if (!saved) {
        session->rollback();
        return saved.error();
    }
    return made;
}

}  // namespace walferry
