#include "pipeline/table_intake.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "apply/copy_merge.h"
#include "apply/history/latest_plan.h"
#include "checkpoint/checkpoint_store.h"
#include "pipeline/schema/schema_changer.h"

namespace walferry {

namespace {

/// The planned targets, table by table.
std::vector<std::vector<PlannedTable>> by_source(const std::vector<PlannedTable>& planned) {
    std::vector<std::vector<PlannedTable>> tables;
    for (const PlannedTable& target : planned) {
        if (tables.empty() || tables.back().front().plan.source.id != target.plan.source.id)
            tables.emplace_back();
        tables.back().push_back(target);
    }
    return tables;
}

/// In any order.
bool same_targets(const std::vector<TableStateRow::Target>& left,
                  const std::vector<TableStateRow::Target>& right) {
    return std::is_permutation(left.begin(), left.end(), right.begin(), right.end());
}

/// By its OID, for it can be called otherwise now; else by its name, which another table had.
std::vector<TableStateRow>::const_iterator row_of(const std::vector<TableStateRow>& states,
                                                  const SourceTable& source) {
    const auto same = std::find_if(states.begin(), states.end(),
                                   [&](const TableStateRow& row) { return row.relation_id == source.id; });
    if (same != states.end()) return same;
    return std::find_if(states.begin(), states.end(), [&](const TableStateRow& row) {
        return row.source_schema == source.schema && row.source_table == source.name;
    });
}

}  // namespace

TableIntake::TableIntake(const Config& config, Warehouse& warehouse, ControlSchema control,
                         TableRegistry& registry, std::uint64_t epoch, bool made_publication)
    : config_(config),
      warehouse_(warehouse),
      control_(control),
      states_(control),
      shapes_(config, std::move(control), epoch),
      registry_(registry),
      epoch_(epoch),
      made_publication_(made_publication) {}

Result<SourceCatalog*> TableIntake::catalog() {
    if (catalog_ == nullptr) {
        WALFERRY_TRY(connected, connect_source_catalog(config_.source.connection));
        catalog_ = std::move(connected);
    }
    return catalog_.get();
}

Result<TableIntake::Outcome> TableIntake::take_in() {
    const std::lock_guard lock(mutex_);
    auto outcome = take_in_locked();
    if (!outcome) catalog_.reset();  // whatever broke, the next look starts with a connection of its own
    return outcome;
}

Result<TableIntake::Outcome> TableIntake::take_in_locked() {
    Outcome outcome;
    WALFERRY_TRY(source, catalog());
    WALFERRY_TRY(candidates, source->candidates());
    MatchedTables matched = match_tables(config_, candidates);
    outcome.findings = std::move(matched.findings);
    outcome.excluded = std::move(matched.excluded);
    WALFERRY_TRY(published, source->published_tables(config_.source.publication));
    const std::vector<CandidateTable> missing = unpublished(matched.wanted, published);
    if (!missing.empty() && made_publication_) {
        Status added = source->add_to_publication(config_.source.publication, missing);
        if (!added && added.error().kind != ErrorKind::Busy) return added.error();
        if (!added) spdlog::warn("new tables are not published yet: {}", added.error().message);
        WALFERRY_TRY(again, source->published_tables(config_.source.publication));
        published = std::move(again);
        outcome.published_some = true;
    }
    std::vector<SourceTable> fresh;
    for (const SourceTable& table : published) {
        const std::shared_ptr<Table> known = registry_.find(table.id);
        const bool wanted = find_rule(config_, table.schema, table.name) != nullptr;
        if (known == nullptr && wanted) fresh.push_back(table);
        const bool came_back = known != nullptr && (known->publication_member != table.publication_member ||
                                                    known->state == TableState::Excluded);
        outcome.start_again = outcome.start_again || came_back;
    }
    const std::vector<std::shared_ptr<Table>> gone = unpublished_by_now(published);
    WALFERRY_TRY(sights, watch_.look(*source, watched_tables(), published));
    if (fresh.empty() && gone.empty() && sights.empty() && took_in_) return outcome;
    WALFERRY_TRY(session, warehouse_.connect());
    WALFERRY_TRYV(exclude(*session, gone));
    WALFERRY_TRYV(act_on(*session, sights, outcome));
    if (fresh.empty() && took_in_) return outcome;
    WALFERRY_TRY(states, states_.read(*session));
    WALFERRY_TRY(shapes, shapes_to_plan(*session, *source, published, states));
    WALFERRY_TRY(planning, plan_tables(config_, shapes, *session, warehouse_.kind()));
    outcome.findings.insert(outcome.findings.end(), planning.findings.begin(), planning.findings.end());
    WALFERRY_TRYV(refuse_on_errors(planning.findings));
    std::vector<TableShape> registered;
    for (const std::vector<PlannedTable>& targets : by_source(planning.tables)) {
        if (registry_.find(targets.front().plan.source.id) != nullptr) continue;
        const bool taken = std::any_of(targets.begin(), targets.end(), [&](const PlannedTable& planned) {
            return target_is_taken(planned.plan);
        });
        if (taken) {
            outcome.start_again =
                true;  // dropped and made again, or renamed: the old table's changes may still come
            continue;
        }
        WALFERRY_TRYV(register_table(*session, targets, states));
        const SourceTable& shape = targets.front().plan.source;
        registered.push_back({shape, shapes_.storage_of(shape.id)});
    }
    WALFERRY_TRYV(shapes_.store(*session, registered, R"({"planned": true})"));
    if (!took_in_) {
        WALFERRY_TRYV(exclude_others(*session, states));
    }
    took_in_ = true;
    return outcome;
}

/// Tables that are registered go by the shape that they have there.
Result<std::vector<SourceTable>> TableIntake::shapes_to_plan(WarehouseSession& session, SourceCatalog& source,
                                                             const std::vector<SourceTable>& published,
                                                             std::vector<TableStateRow>& states) {
    std::vector<SourceTable> fresh, known;
    for (const SourceTable& table : published) {
        const std::shared_ptr<Table> there = registry_.find(table.id);
        if (there == nullptr) {
            fresh.push_back(table);
            continue;
        }
        known.push_back(lost_its_name(there->source(), published) ? table : there->source());
    }
    WALFERRY_TRY(shapes, shapes_.to_plan(session, source, fresh, published, states));
    shapes.insert(shapes.end(), known.begin(), known.end());
    return std::move(shapes);
}

/// While a table is copied, or catches up, nothing is known of it to compare with.
std::vector<std::shared_ptr<Table>> TableIntake::watched_tables() const {
    std::vector<std::shared_ptr<Table>> tables = registry_.all();
    const bool copies = took_in_ && config_.source.snapshot_initial;
    std::erase_if(tables,
                  [&](const auto& table) { return !copies || table->state != TableState::Streaming; });
    return tables;
}

Status TableIntake::act_on(WarehouseSession& session, const std::vector<StorageWatch::Sight>& sights,
                           Outcome& outcome) {
    std::vector<TableShape> shapes;
    for (const StorageWatch::Sight& sight : sights) {
        const SourceTable& source = sight.table->source();
        if (sight.copy_reason.empty()) {
            shapes.push_back({source, sight.storage});
            continue;
        }
        const TableRule* rule = find_rule(config_, source.schema, source.name);
        if (rule != nullptr) {
            WALFERRY_TRYV(refuse_copy(rule->on_rewrite, source.qualified_name(), sight.copy_reason));
        }
        spdlog::warn("{}: {}: it is copied anew", source.qualified_name(), sight.copy_reason);
        TableStateRow row = sight.table->state_row(TableState::Failed);
        row.reason = sight.copy_reason;
        WALFERRY_TRYV(session.begin());
        WALFERRY_TRYV(states_.write(session, row, epoch_));
        WALFERRY_TRYV(CheckpointStore(control_).hold(session, epoch_));
        WALFERRY_TRYV(session.commit());
        outcome.start_again = true;
    }
    return shapes_.store(session, shapes, R"({"partitions": true})");
}

bool TableIntake::target_is_taken(const TablePlan& plan) const {
    const auto tables = registry_.all();
    return std::any_of(tables.begin(), tables.end(), [&](const auto& table) {
        return std::any_of(table->plans.begin(), table->plans.end(),
                           [&](const auto& other) { return other->target == plan.target; });
    });
}

/// Tables whose stream has ended: somebody took them out of the publication, or dropped them. One that is
/// copied or catches up is left alone until it is through.
std::vector<std::shared_ptr<Table>> TableIntake::unpublished_by_now(
    const std::vector<SourceTable>& published) const {
    std::vector<std::shared_ptr<Table>> gone;
    for (const auto& table : registry_.all()) {
        const bool still_there = std::any_of(published.begin(), published.end(), [&](const auto& candidate) {
            return candidate.id == table->source().id;
        });
        if (!still_there && table->state == TableState::Streaming) gone.push_back(table);
    }
    return gone;
}

Status TableIntake::exclude(WarehouseSession& session, const std::vector<std::shared_ptr<Table>>& gone) {
    if (gone.empty()) return success();
    WALFERRY_TRYV(session.begin());
    for (const auto& table : gone) {
        TableStateRow row = table->state_row(TableState::Excluded);
        row.reason = "not published any more";
        WALFERRY_TRYV(states_.write(session, row, epoch_));
    }
    WALFERRY_TRYV(CheckpointStore(control_).hold(session, epoch_));
    WALFERRY_TRYV(session.commit());
    for (const auto& table : gone) {
        table->state = TableState::Excluded;
        spdlog::warn("{}: not published any more; its target stays as it is",
                     table->source().qualified_name());
    }
    return success();
}

/// Tables that are not captured any more: their changes are skipped from here on, so that whatever brings
/// them back has to copy them anew.
Status TableIntake::exclude_others(WarehouseSession& session, const std::vector<TableStateRow>& states) {
    for (TableStateRow row : states) {
        if (row.state == TableState::Excluded || registry_.find(row.relation_id) != nullptr) continue;
        spdlog::warn("{}: no rule wants it or it is not published any more; its target stays as it is",
                     row.qualified_name());
        row.state = TableState::Excluded;
        row.reason = "not captured any more";
        WALFERRY_TRYV(states_.write(session, row, epoch_));
        WALFERRY_TRYV(PendingChanges(control_).clear(session, row.relation_id));
        WALFERRY_TRYV(session.execute(drop_copies_beside_sql(control_, row.relation_id, row.targets.size())));
    }
    return success();
}

Status TableIntake::register_table(WarehouseSession& session, const std::vector<PlannedTable>& targets,
                                   const std::vector<TableStateRow>& states) {
    auto table = std::make_shared<Table>();
    for (const PlannedTable& planned : targets)
        table->plans.push_back(std::make_shared<TablePlan>(planned.plan));
    const SourceTable& source = table->source();
    table->publication_member = source.publication_member;
    table->storage = shapes_.storage_of(source.id);
    const auto row = row_of(states, source);
    WALFERRY_TRYV(restore_state(session, *table, targets, row == states.end() ? nullptr : &*row));
    for (const PlannedTable& planned : targets) {
        WALFERRY_TRYV(create_target(session, planned));
        if (planned.plan.keeps_latest()) {
            WALFERRY_TRYV(session.execute(create_latest_sql(planned.plan)));
        }
    }
    registry_.add(table);
    return success();
}

/// The row of a table that is copied anew goes, and what is kept of one that is not there any more.
Status TableIntake::forget(WarehouseSession& session, const TableStateRow& row, RelationId id) {
    WALFERRY_TRYV(session.begin());
    if (row.relation_id != id) {
        WALFERRY_TRYV(PendingChanges(control_).clear(session, row.relation_id));
        WALFERRY_TRYV(session.execute(drop_copies_beside_sql(control_, row.relation_id, row.targets.size())));
    }
    WALFERRY_TRYV(states_.remove(session, row));
    WALFERRY_TRYV(CheckpointStore(control_).hold(session, epoch_));
    return session.commit();
}

/// The row of a table that was renamed goes by its new name.
Status TableIntake::rename_row(WarehouseSession& session, const TableStateRow& row,
                               const SourceTable& source) {
    if (row.qualified_name() == source.qualified_name()) return success();
    spdlog::warn("{} is called {} now; its targets keep their names", row.qualified_name(),
                 source.qualified_name());
    TableStateRow renamed = row;
    renamed.source_schema = source.schema;
    renamed.source_table = source.name;
    WALFERRY_TRYV(session.begin());
    WALFERRY_TRYV(states_.remove(session, row));
    WALFERRY_TRYV(states_.write(session, renamed, epoch_));
    WALFERRY_TRYV(CheckpointStore(control_).hold(session, epoch_));
    return session.commit();
}

Status TableIntake::restore_state(WarehouseSession& session, Table& table,
                                  const std::vector<PlannedTable>& targets, const TableStateRow* row) {
    const SourceTable& source = table.source();
    const bool all_exist = std::all_of(targets.begin(), targets.end(),
                                       [](const PlannedTable& planned) { return planned.target_exists; });
    const bool same_table = row != nullptr && row->relation_id == source.id && all_exist &&
                            row->publication_member == source.publication_member &&
                            same_targets(row->targets, table.state_row(row->state).targets);
    if (row != nullptr && row->state == TableState::Copying) {
        table.merges_copy = row->merges_copy;
        table.copy_left_rows = !row->merges_copy;
    }
    if (row != nullptr) table.snapshot_time = row->snapshot_time;
    if (same_table) {
        WALFERRY_TRYV(rename_row(session, *row, source));
        table.state = row->state == TableState::Failed || row->state == TableState::Excluded
                          ? TableState::Copying
                          : row->state;
        table.rows_copied = row->rows_copied;
        table.snapshot_text = row->snapshot;
        table.snapshot = parse_snapshot(row->snapshot).value_or(Snapshot{});
        table.snapshot_lsn = row->snapshot_lsn;
        return success();
    }
    for (const PlannedTable& planned : targets) {
        const TargetName& name = planned.plan.target;
        const bool known =
            row != nullptr &&
            std::any_of(row->targets.begin(), row->targets.end(), [&](const TableStateRow::Target& target) {
                return target.schema == name.schema && target.table == name.table;
            });
        if (known || !config_.source.snapshot_initial) continue;
        WALFERRY_TRYV(refuse_foreign_rows(session, planned, states_));
    }
    if (row != nullptr) {
        spdlog::warn(
            "{} left the publication, was dropped, or has other targets than when it was copied: it {}",
            source.qualified_name(),
            config_.source.snapshot_initial ? "is copied anew" : "goes on with a gap (snapshot: never)");
        WALFERRY_TRYV(forget(session, *row, source.id));
    }
    if (config_.source.snapshot_initial) return success();  // copying, as a table begins
    table.state = TableState::Streaming;
    return states_.write(session, table.state_row(TableState::Streaming), epoch_);
}

Result<std::shared_ptr<Table>> TableIntake::resolve(const Relation& relation) {
    if (const auto known = registry_.find(relation.id)) return known;
    if (find_rule(config_, relation.schema, relation.name) == nullptr) {
        spdlog::info("{}: published, but no rule wants it: its changes are skipped",
                     relation.qualified_name());
        return std::shared_ptr<Table>{};
    }
    WALFERRY_TRY(outcome, take_in());
    const std::shared_ptr<Table> table = registry_.find(relation.id);
    if (table == nullptr && outcome.start_again) {
        return Error{ErrorKind::Busy, relation.qualified_name() + " has taken the place of another table", "",
                     ""};
    }
    if (table == nullptr) {
        spdlog::warn("{}: in the stream, but not published any more or excluded: its changes are skipped",
                     relation.qualified_name());
    }
    return table;
}

}  // namespace walferry
