#include "pipeline/schema/schema_changer.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "pipeline/schema/shape_planning.h"
#include "pipeline/schema/target_alteration.h"

namespace walferry {

namespace {

const TableRule* rule_of(const Config& config, const SourceTable& table) {
    const TableRule* rule = find_rule(config, table.schema, table.name);
    return rule != nullptr ? rule : find_rule(config, table.naming_schema(), table.naming_name());
}

std::vector<TablePlan> copies_of(const Table& table) {
    std::vector<TablePlan> plans;
    for (const auto& plan : table.plans) plans.push_back(*plan);
    return plans;
}

/// The table as the change left it, for messages.
void say(const SourceTable& known, const ShapeChange& change) {
    const std::string name = known.qualified_name();
    spdlog::info("{}: the source {}", name, describe(change));
    for (const std::string& doubt : change.doubts) spdlog::warn("{}: {}", name, doubt);
    if (change.table_renamed)
        spdlog::warn("{} is called {} now; its targets keep their names", name,
                     change.shape.qualified_name());
    if (!change.copy_reason.empty()) spdlog::warn("{}: {}: it is copied anew", name, change.copy_reason);
}

/// What holds rows by another key has to be built anew.
void look_at_key(const std::vector<TablePlan>& old_plans, const std::vector<TablePlan>& plans,
                 ShapeChange& change) {
    for (std::size_t i = 0; i < plans.size(); ++i) {
        if (change.copy_reason.empty() && key_changed(old_plans[i], plans[i], change))
            change.copy_reason = "its key changed";
    }
}

}  // namespace

Status refuse_copy(OnRewrite on_rewrite, const std::string& table, const std::string& reason) {
    if (on_rewrite == OnRewrite::Resync || reason.empty()) return success();
    return Error{
        ErrorKind::Refused,
        fmt::format("{}: {}, without an event for its rows: it has to be copied anew, which on_rewrite: stop "
                    "in its rule leaves to you",
                    table, reason),
        "set on_rewrite: resync for it, then `walferry run CONFIG`", ""};
}

SchemaChanger::SchemaChanger(const Config& config, ControlSchema control, std::uint64_t epoch)
    : config_(config), control_(control), history_(control), states_(control), epoch_(epoch) {}

Result<ShapeChange> SchemaChanger::compare(const TableShape& known, const Relation& relation,
                                           OnDrop on_drop) {
    if (catalog_ == nullptr) {
        WALFERRY_TRY(connected, connect_source_catalog(config_.source.connection));
        catalog_ = std::move(connected);
    }
    WALFERRY_TRY(evidence, catalog_->evidence(relation.id));
    const std::vector<StreamType> wanted = unknown_types(known.table, relation);
    WALFERRY_TRY(found, catalog_->types(wanted));
    StreamTypes types;
    for (std::size_t i = 0; i < wanted.size(); ++i) types[wanted[i]] = found[i];
    return compare_shapes(known, relation, evidence ? &*evidence : nullptr, types, on_drop == OnDrop::Keep);
}

Result<Reshaped> SchemaChanger::reshape(WarehouseSession& session, const std::shared_ptr<Table>& table,
                                        const Relation& relation, SequenceKey at, bool rows_changed) {
    const SourceTable& known = table->source();
    const TableRule* rule = rule_of(config_, known);
    if (rule == nullptr) return Reshaped{table, false, {}};
    auto compared = compare({known, table->storage}, relation, rule->on_drop);
    if (!compared) {
        catalog_.reset();  // whatever broke, the next one starts with a connection of its own
        return compared.error();
    }
    ShapeChange& change = compared.value();
    if (change.empty()) return Reshaped{table, false, {}};
    const std::vector<TablePlan> old_plans = copies_of(*table);
    WALFERRY_TRY(plans, plan_new_shape(config_, old_plans, change, session));
    look_at_key(old_plans, plans, change);
    WALFERRY_TRYV(refuse_copy(rule->on_rewrite, known.qualified_name(), change.copy_reason));
    WALFERRY_TRYV(alter_targets(session, old_plans, plans, change, rows_changed));
    WALFERRY_TRYV(note(session, known, change, at));
    WALFERRY_TRYV(write_state(session, change));
    // A transaction that is rolled back over a refused row is written again, in DuckDB many times.
    if (SequenceKey& said = said_[known.id]; said < at) {
        say(known, change);
        said = at;
    }
    Reshaped reshaped;
    reshaped.needs_copy = !change.copy_reason.empty();
    for (const TablePlan& plan : plans) {
        reshaped.notices.push_back(schema_changed_notice(change.shape.qualified_name(),
                                                         to_string(plan.target), change_json(known, change)));
    }
    reshaped.table = with_plans(*table, std::move(plans), change.storage);
    return reshaped;
}

Result<SourceTable> SchemaChanger::adopt(WarehouseSession& session, const TableShape& known,
                                         const SourceTable& wanted, Lsn at) {
    const TableRule* rule = rule_of(config_, wanted);
    if (rule == nullptr) return wanted;
    WALFERRY_TRY(old_plans, plan_shape(config_, known.table, *rule, session, control_.kind));
    WALFERRY_TRY(change, compare(known, relation_of(wanted), rule->on_drop));
    if (old_plans.empty() || change.empty()) return known.table;
    WALFERRY_TRY(plans, plan_new_shape(config_, old_plans, change, session));
    look_at_key(old_plans, plans, change);
    WALFERRY_TRYV(alter_targets(session, old_plans, plans, change, false));
    WALFERRY_TRYV(note(session, known.table, change, {at, 0}));
    say(known.table, change);
    return change.shape;
}

Status SchemaChanger::note(WarehouseSession& session, const SourceTable& known, const ShapeChange& change,
                           SequenceKey at) const {
    return history_.append(
        session, {{{change.shape, change.storage}, at.commit_lsn, at.ordinal, change_json(known, change)}});
}

/// The state row goes by the table's name, and says what the next session has to do.
Status SchemaChanger::write_state(WarehouseSession& session, const ShapeChange& change) const {
    if (!change.table_renamed && change.copy_reason.empty()) return success();
    WALFERRY_TRY(rows, states_.read(session));
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const TableStateRow& row) {
        return row.relation_id == change.shape.id;
    });
    if (found == rows.end()) return success();
    if (change.table_renamed) {
        WALFERRY_TRYV(states_.remove(session, *found));
        found->source_schema = change.shape.schema;
        found->source_table = change.shape.name;
    }
    if (!change.copy_reason.empty()) {
        found->state = TableState::Failed;
        found->reason = change.copy_reason;
    }
    return states_.write(session, *found, epoch_);
}

}  // namespace walferry
