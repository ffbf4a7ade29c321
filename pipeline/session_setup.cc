#include "pipeline/session_setup.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "capture/pgoutput/pgoutput_source.h"
#include "model/quote.h"
#include "pipeline/table_matching.h"

namespace walferry {

namespace {

Status check_settings(SourceCatalog& catalog) {
    WALFERRY_TRY(settings, catalog.settings());
    if (settings.wal_level != "logical") {
        return Error{ErrorKind::Refused,
                     fmt::format("the source runs with wal_level={}; logical replication needs logical",
                                 settings.wal_level),
                     "ALTER SYSTEM SET wal_level = logical, restart the server, then `walferry check CONFIG`",
                     ""};
    }
    if (!settings.can_replicate) {
        return Error{ErrorKind::Permission, "the role may not replicate",
                     "ALTER ROLE … REPLICATION at the source, then `walferry check CONFIG`", ""};
    }
    return success();
}

/// A publication that somebody else made is used as it is, unless partitions would arrive one by one.
Status check_publication(const Config& config, SourceCatalog& catalog, const PublicationStatus& publication) {
    if (publication.via_root) return success();
    WALFERRY_TRY(candidates, catalog.candidates());
    WALFERRY_TRY(published, catalog.published_tables(config.source.publication));
    for (const SourceTable& table : published) {
        const bool root_or_plain =
            std::any_of(candidates.begin(), candidates.end(),
                        [&](const CandidateTable& candidate) { return candidate.id == table.id; });
        if (root_or_plain || find_rule(config, table.schema, table.name) == nullptr) continue;
        return Error{
            ErrorKind::Refused,
            fmt::format("the publication {} sends partitions one by one ({})", config.source.publication,
                        table.qualified_name()),
            fmt::format(
                "ALTER PUBLICATION {} SET (publish_via_partition_root = true), then `walferry run CONFIG`",
                quote_identifier(config.source.publication)),
            ""};
    }
    return success();
}

Status make_publication(const Config& config, SourceCatalog& catalog, bool ours) {
    WALFERRY_TRY(existing, catalog.publication(config.source.publication));
    if (existing && !ours) return check_publication(config, catalog, *existing);
    WALFERRY_TRY(candidates, catalog.candidates());
    const std::vector<CandidateTable> wanted = match_tables(config, candidates).wanted;
    if (!existing) return catalog.create_publication(config.source.publication, wanted);
    WALFERRY_TRY(published, catalog.published_tables(config.source.publication));
    return catalog.add_to_publication(config.source.publication, unpublished(wanted, published));
}

/// All that can be refused is refused before anything is written anywhere.
Status check_plan(const Config& config, SourceCatalog& catalog, WarehouseSession& session,
                  const ControlSchema& control) {
    WALFERRY_TRY(candidates, catalog.candidates());
    const MatchedTables matched = match_tables(config, candidates);
    WALFERRY_TRYV(refuse_on_errors(matched.findings));
    WALFERRY_TRY(described, catalog.describe_candidates(matched.wanted));
    WALFERRY_TRY(planning, plan_tables(config, described, session, control.kind));
    WALFERRY_TRYV(refuse_on_errors(planning.findings));
    for (const PlannedTable& table : planning.tables) {
        if (config.source.snapshot_initial) {
            WALFERRY_TRYV(refuse_foreign_rows(session, table, TableStateStore(control)));
        }
    }
    return success();
}

/// The first copy reads the tables, partitions one by one.
Status check_privileges(const Config& config, SourceCatalog& catalog) {
    if (!config.source.snapshot_initial) return success();
    WALFERRY_TRY(unreadable, catalog.unreadable_tables(config.source.publication));
    if (unreadable.empty()) return success();
    return Error{
        ErrorKind::Permission,
        fmt::format("the role may not read {}, which the first copy needs", fmt::join(unreadable, ", ")),
        fmt::format("GRANT SELECT ON {} TO the role at the source, then `walferry run CONFIG`",
                    unreadable.front()),
        ""};
}

/// From nothing to a checkpoint with a position. What a crash leaves: before the slot, a row at 0; between
/// slot and position, a row at 0 and a slot that is known to be ours and is made again.
Status make_fresh(const Config& config, SourceCatalog& catalog, WarehouseSession& session,
                  const CheckpointStore& checkpoints, const StartFacts& facts, std::stop_token stop) {
    WALFERRY_TRYV(check_settings(catalog));
    WALFERRY_TRY(publication, catalog.publication(config.source.publication));
    const bool ours = facts.checkpoint ? facts.checkpoint->made_publication : !publication.has_value();
    if (ours) {
        WALFERRY_TRYV(check_plan(config, catalog, session, checkpoints.control()));
    }
    if (!facts.checkpoint) {
        WALFERRY_TRYV(create_control_schema(session, checkpoints.control()));
        Checkpoint first;
        first.system_identifier = facts.source.system_identifier;
        first.timeline = facts.source.timeline;
        first.slot = config.source.slot;
        first.made_publication = ours;
        first.epoch = 1;
        WALFERRY_TRYV(checkpoints.create(session, first));
    }
    WALFERRY_TRYV(make_publication(config, catalog, ours));
    WALFERRY_TRYV(check_privileges(config, catalog));
    if (facts.slot) {
        WALFERRY_TRYV(catalog.drop_slot(config.source.slot));
    }
    WALFERRY_TRY(position, create_slot(config.source.connection, config.source.slot, stop));
    WALFERRY_TRY(row, checkpoints.read(session));
    if (!row)
        return Error{ErrorKind::Refused, "the checkpoint row is gone",
                     "`walferry drop CONFIG`, then `walferry run CONFIG`", ""};
    WALFERRY_TRYV(checkpoints.save(session, position, row->epoch));
    spdlog::info("created slot {} at {}", config.source.slot, to_string(position));
    return success();
}

/// Takes the slot first, then the epoch: whoever has both is the one writer. Should the checkpoint have moved
/// in between (the last commit of an older instance), the stream starts again from where it is now.
Status take_over(const Config& config, const CheckpointStore& checkpoints, ReadySession& ready,
                 std::uint64_t& held_epoch) {
    PgoutputOptions options{config.source.connection, config.source.slot, config.source.publication,
                            ready.checkpoint.position};
    for (;;) {
        WALFERRY_TRY(source, start_pgoutput(options));
        WALFERRY_TRYV(ready.session->end_predecessors());
        held_epoch = 0;  // should the commit's outcome stay unknown, ours must not look like somebody else's
        WALFERRY_TRY(owned, checkpoints.take_over(*ready.session));
        held_epoch = owned.epoch;
        ready.checkpoint = owned;
        if (owned.position == options.start) {
            ready.source = std::move(source);
            return success();
        }
        source.reset();
        options.start = owned.position;
    }
}

}  // namespace

ControlSchema control_schema(const Config& config, WarehouseKind kind, const std::string& catalog) {
    return {kind, catalog, config.warehouse.control_schema, config.pipeline};
}

Result<StartFacts> read_start_facts(const Config& config, SourceCatalog& catalog, WarehouseSession& session,
                                    const CheckpointStore& checkpoints) {
    StartFacts facts;
    WALFERRY_TRY(slot, catalog.slot(config.source.slot));
    facts.slot = std::move(slot);
    WALFERRY_TRY(has_control, has_control_schema(session, checkpoints.control()));
    if (has_control) {
        WALFERRY_TRYV(check_control_version(session, checkpoints.control()));
        WALFERRY_TRY(checkpoint, checkpoints.read(session));
        facts.checkpoint = std::move(checkpoint);
    }
    WALFERRY_TRY(source, catalog.identity());
    facts.source = std::move(source);
    if (facts.source.in_recovery) {
        return Error{ErrorKind::Refused,
                     "the source is a standby in recovery; this version captures from a primary",
                     "point source.postgres.connection at the primary, then `walferry run CONFIG`", ""};
    }
    if (facts.checkpoint && facts.checkpoint->timeline != 0 &&
        facts.source.timeline > facts.checkpoint->timeline) {
        WALFERRY_TRY(end, timeline_end(config.source.connection, facts.checkpoint->timeline));
        facts.timeline_end = end;
    }
    return facts;
}

Result<ReadySession> set_up_session(const Config& config, Warehouse& warehouse, std::uint64_t& held_epoch,
                                    std::stop_token stop) {
    ReadySession ready;
    WALFERRY_TRY(catalog, connect_source_catalog(config.source.connection));
    ready.catalog = std::move(catalog);
    WALFERRY_TRY(session, warehouse.connect());
    ready.session = std::move(session);
    const CheckpointStore checkpoints(control_schema(config, warehouse.kind(), ready.session->catalog()));
    WALFERRY_TRY(facts, read_start_facts(config, *ready.catalog, *ready.session, checkpoints));
    if (facts.checkpoint && held_epoch != 0 && facts.checkpoint->epoch != held_epoch) {
        return Error{
            ErrorKind::Fenced,
            fmt::format("another walferry has taken pipeline {} over (epoch {}, mine was {})",
                        config.pipeline, facts.checkpoint->epoch, held_epoch),
            "`walferry status CONFIG` shows the one that runs; stop it before this one is started again", ""};
    }
    WALFERRY_TRY(kind, judge_start(facts, config.pipeline, config.source.slot));
    if (facts.slot && facts.slot->active) {
        return Error{ErrorKind::Busy,
                     fmt::format("the slot {} is in use by process {} at the source; waiting for it",
                                 facts.slot->name, facts.slot->active_pid),
                     "stop the other walferry, or let it go on: this one takes over when it ends", ""};
    }
    ready.fresh = kind != StartKind::Continue;
    if (ready.fresh) {
        WALFERRY_TRYV(make_fresh(config, *ready.catalog, *ready.session, checkpoints, facts, stop));
        WALFERRY_TRY(made, checkpoints.read(*ready.session));
        ready.checkpoint = made.value_or(Checkpoint{});
    } else {
        ready.checkpoint = *facts.checkpoint;
    }
    WALFERRY_TRYV(take_over(config, checkpoints, ready, held_epoch));
    WALFERRY_TRYV(
        create_control_schema(*ready.session, checkpoints.control()));  // what an older build lacked
    if (facts.source.timeline != ready.checkpoint.timeline) {
        WALFERRY_TRYV(
            checkpoints.save_timeline(*ready.session, facts.source.timeline, ready.checkpoint.epoch));
    }
    return ready;
}

}  // namespace walferry
