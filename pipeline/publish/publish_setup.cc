#include "pipeline/publish/publish_setup.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "capture/pgoutput/pgoutput_source.h"
#include "pipeline/table_matching.h"
#include "publish/topic_names.h"

namespace walferry::publish {

namespace {

constexpr std::string_view publish_anew =
    "if everything is to be published anew from this source, with a snapshot, run `walferry drop CONFIG` and "
    "then `walferry run CONFIG`";

Config rules_of(const PublishOptions& options) {
    Config rules;
    rules.tables = options.tables;
    return rules;
}

Status check_source(SourceCatalog& catalog, const SourceIdentity& source) {
    if (source.in_recovery) {
        return Error{ErrorKind::Refused,
                     "the source is a standby in recovery; this version captures from a primary",
                     "point source.postgres.connection at the primary, then `walferry run CONFIG`", ""};
    }
    WALFERRY_TRY(settings, catalog.settings());
    if (settings.wal_level != "logical") {
        return Error{ErrorKind::Refused,
                     fmt::format("the source runs with wal_level={}; logical replication needs logical",
                                 settings.wal_level),
                     "ALTER SYSTEM SET wal_level = logical, restart the server, then `walferry check CONFIG`",
                     ""};
    }
    if (settings.can_replicate) return success();
    return Error{ErrorKind::Permission, "the role may not replicate",
                 "ALTER ROLE … REPLICATION at the source, then `walferry check CONFIG`", ""};
}

/// The slot is read before the checkpoint, which only grows: so a slot that moves never looks ahead of it.
Result<StartFacts> read_facts(const PublishOptions& options, SourceCatalog& catalog, KafkaOutput& output,
                              std::optional<PublishCheckpoint>& checkpoint) {
    StartFacts facts;
    facts.words = {"Kafka cluster", "publish.kafka.slot", publish_anew, publish_anew};
    WALFERRY_TRY(slot, catalog.slot(options.slot));
    facts.slot = std::move(slot);
    WALFERRY_TRY(last, output.last_checkpoint());
    checkpoint = std::move(last);
    if (checkpoint) facts.checkpoint = checkpoint->place;
    WALFERRY_TRY(source, catalog.identity());
    facts.source = std::move(source);
    WALFERRY_TRYV(check_source(catalog, facts.source));
    if (facts.checkpoint && facts.checkpoint->timeline != 0 &&
        facts.source.timeline > facts.checkpoint->timeline) {
        WALFERRY_TRY(end, timeline_end(options.connection, facts.checkpoint->timeline));
        facts.timeline_end = end;
    }
    return facts;
}

Status make_publication(const PublishOptions& options, SourceCatalog& catalog, bool ours) {
    WALFERRY_TRY(existing, catalog.publication(options.publication));
    if (existing && !ours) return success();
    WALFERRY_TRY(candidates, catalog.candidates());
    const MatchedTables matched = match_tables(rules_of(options), candidates);
    WALFERRY_TRYV(refuse_on_errors(matched.findings));
    if (!existing) return catalog.create_publication(options.publication, matched.wanted);
    WALFERRY_TRY(published, catalog.published_tables(options.publication));
    return catalog.add_to_publication(options.publication, unpublished(matched.wanted, published));
}

Status check_privileges(const PublishOptions& options, SourceCatalog& catalog) {
    if (!options.snapshot_initial) return success();
    WALFERRY_TRY(unreadable, catalog.unreadable_tables(options.publication));
    if (unreadable.empty()) return success();
    return Error{
        ErrorKind::Permission,
        fmt::format("the role may not read {}, which the snapshot needs", fmt::join(unreadable, ", ")),
        fmt::format("GRANT SELECT ON {} TO the role at the source, then `walferry run CONFIG`",
                    unreadable.front()),
        ""};
}

Status make_fresh(const PublishOptions& options, const StartFacts& facts, const std::string& instance,
                  ReadyToPublish& ready, std::stop_token stop) {
    SourceCatalog& catalog = *ready.catalog;
    WALFERRY_TRY(publication, catalog.publication(options.publication));
    PublishCheckpoint first;
    first.place.system_identifier = facts.source.system_identifier;
    first.place.timeline = facts.source.timeline;
    first.place.slot = options.slot;
    first.place.made_publication =
        facts.checkpoint ? facts.checkpoint->made_publication : !publication.has_value();
    first.instance = instance;
    WALFERRY_TRYV(ready.output->commit(first));
    WALFERRY_TRYV(make_publication(options, catalog, first.place.made_publication));
    WALFERRY_TRYV(check_privileges(options, catalog));
    if (facts.slot) {
        WALFERRY_TRYV(catalog.drop_slot(options.slot));
    }
    WALFERRY_TRY(tables, wanted_tables(options, catalog));
    ready.tables = std::move(tables);
    WALFERRY_TRY(slot, create_slot_with_snapshot(options.connection, options.slot, stop));
    first.place.position = slot->consistent_point();
    first.snapshot = options.snapshot_initial ? SnapshotProgress::Begun : SnapshotProgress::None;
    WALFERRY_TRYV(ready.output->commit(first));
    spdlog::info("created slot {} at {}", options.slot, to_string(first.place.position));
    ready.checkpoint = first;
    if (options.snapshot_initial) ready.slot = std::move(slot);
    return success();
}

Status check_tenure(const PublishOptions& options, const Tenure& tenure, std::stop_token stop) {
    if (!tenure.held) return success();
    WALFERRY_TRY(checkpoint, peek_checkpoint(options, stop));
    if (!checkpoint || checkpoint->instance == tenure.instance) return success();
    return Error{ErrorKind::Fenced,
                 fmt::format("another walferry publishes pipeline {} now", options.pipeline),
                 "stop it before this one is started again", ""};
}

}  // namespace

Result<std::vector<SourceTable>> wanted_tables(const PublishOptions& options, SourceCatalog& catalog) {
    const Config rules = rules_of(options);
    WALFERRY_TRY(tables, catalog.published_tables(options.publication));
    std::erase_if(tables, [&](const SourceTable& table) {
        return find_rule(rules, table.schema, table.name) == nullptr;
    });
    std::vector<TableName> names;
    for (const SourceTable& table : tables) names.push_back({table.schema, table.name});
    const auto collisions = find_topic_collisions(options.topic_prefix, names);
    if (collisions.empty()) return std::move(tables);
    std::vector<std::string> sharing;
    for (const TableName& name : collisions.front().tables) sharing.push_back(name.schema + "." + name.table);
    return Error{
        ErrorKind::Refused,
        fmt::format("{} would share topic {}", fmt::join(sharing, " and "), collisions.front().topic),
        "leave all but one out by `tables`, or publish them as another pipeline with another "
        "topic_prefix",
        ""};
}

Result<ReadyToPublish> set_up_publishing(const PublishOptions& options, Tenure& tenure,
                                         std::stop_token stop) {
    WALFERRY_TRYV(check_tenure(options, tenure, stop));
    ReadyToPublish ready;
    WALFERRY_TRY(catalog, connect_source_catalog(options.connection));
    ready.catalog = std::move(catalog);
    WALFERRY_TRY(output, KafkaOutput::open(options, tenure.instance, stop));
    ready.output = std::move(output);
    std::optional<PublishCheckpoint> checkpoint;
    WALFERRY_TRY(facts, read_facts(options, *ready.catalog, *ready.output, checkpoint));
    if (!options.registry.empty()) {
        SchemaRegistryOptions registry;
        registry.url = options.registry;
        registry.stop = stop;
        WALFERRY_TRY(registrar, SchemaRegistry::open(registry));
        ready.registry = std::move(registrar);
    }
    ready.settings = options.envelope(facts.source.database, ready.registry.get());
    // Nothing of that snapshot is anywhere, so neither slot nor position matter.
    const bool begun = checkpoint && checkpoint->snapshot == SnapshotProgress::Begun;
    if (begun) facts.checkpoint->position = Lsn{};
    WALFERRY_TRY(kind, judge_start(facts, options.pipeline, options.slot));
    if (facts.slot && facts.slot->active) {
        return Error{ErrorKind::Busy,
                     fmt::format("the slot {} is in use by process {} at the source; waiting for it",
                                 facts.slot->name, facts.slot->active_pid),
                     "stop the other walferry, or let it go on: this one takes over when it ends", ""};
    }
    if (kind != StartKind::Continue) {
        WALFERRY_TRYV(make_fresh(options, facts, tenure.instance, ready, stop));
        tenure.held = true;
        return ready;
    }
    ready.checkpoint = *checkpoint;
    ready.checkpoint.place.timeline = facts.source.timeline;
    ready.checkpoint.instance = tenure.instance;
    WALFERRY_TRY(tables, wanted_tables(options, *ready.catalog));
    ready.tables = std::move(tables);
    WALFERRY_TRYV(ready.output->commit(ready.checkpoint));
    tenure.held = true;
    return ready;
}

}  // namespace walferry::publish
