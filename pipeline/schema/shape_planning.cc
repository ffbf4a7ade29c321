#include "pipeline/schema/shape_planning.h"

#include <fmt/format.h>

#include <algorithm>

#include "apply/schema/target_ddl.h"
#include "apply/value_transform.h"

namespace walferry {

namespace {

constexpr std::size_t name_bytes_max = 63;

/// The rule by the columns' new names. Not rename_columns: what is called otherwise at the source has lost
/// its other name.
TableRule renamed_rule(TableRule rule, const ShapeChange& change) {
    for (const ColumnChange& column : change.columns) {
        if (column.kind != ColumnChange::Kind::Renamed) continue;
        std::replace(rule.key.begin(), rule.key.end(), column.old_name, column.name);
        for (TargetConfig& target : rule.targets)
            std::replace(target.track.begin(), target.track.end(), column.old_name, column.name);
        auto type = rule.types.extract(column.old_name);
        if (type.empty()) continue;
        type.key() = column.name;
        rule.types.insert(std::move(type));
    }
    return rule;
}

/// What the targets call the column of the old shape; null when they don't have it.
const TargetColumn* target_of(const TablePlan& plan, std::size_t column) {
    for (std::size_t i = 0; i < plan.data_count(); ++i) {
        if (plan.source_index[i] == column) return &plan.columns[i];
    }
    return nullptr;
}

void erase_column(ShapeChange& change, std::size_t at) {
    const auto place = static_cast<std::ptrdiff_t>(at);
    change.shape.columns.erase(change.shape.columns.begin() + place);
    change.origin.erase(change.origin.begin() + place);
    change.missing.erase(change.missing.begin() + place);
}

/// A name that no other column has, and that says what the column was.
std::string name_of_dropped(const SourceTable& shape, std::size_t at, const std::string& name) {
    const auto taken = [&](const std::string& wanted) {
        for (std::size_t i = 0; i < shape.columns.size(); ++i) {
            if (i != at && shape.columns[i].name == wanted) return true;
        }
        return false;
    };
    if (!taken(name)) return name;
    for (int attempt = shape.columns[at].attnum;; ++attempt) {
        const std::string suffix = fmt::format("_dropped_{}", attempt);
        const std::string other = name.substr(0, name_bytes_max - suffix.size()) + suffix;
        if (!taken(other)) return other;
    }
}

/// Dropped columns go by what they are in the targets from now on; those that are not there go.
void settle_dropped(const TablePlan& old_plan, ShapeChange& change) {
    for (std::size_t i = change.shape.columns.size(); i-- > 0;) {
        SourceColumn& column = change.shape.columns[i];
        if (!column.dropped) continue;
        const TargetColumn* target = target_of(old_plan, *change.origin[i]);
        if (target == nullptr) {
            erase_column(change, i);
            continue;
        }
        column.target_type = target->sql_type;
        column.name = name_of_dropped(change.shape, i, target->name);
    }
}

/// The column does not go on as the old one: that stays as a dropped one, or goes.
void part_column(ShapeChange& change, std::size_t at, const SourceColumn& old, bool keeps_dropped) {
    if (change.copy_reason.empty())
        change.copy_reason =
            fmt::format("the type of column {} changed to {}, to which its values can't be altered",
                        change.shape.columns[at].name, change.shape.columns[at].type.sql);
    if (keeps_dropped) {
        SourceColumn dropped = old;
        dropped.dropped = true;
        dropped.not_null = dropped.in_primary_key = dropped.in_identity = false;
        change.shape.columns.push_back(std::move(dropped));
        change.origin.push_back(change.origin[at]);
        change.missing.emplace_back();
    }
    change.origin[at].reset();
}

void transform_missing(const ColumnRules& rules, ShapeChange& change) {
    if (rules.empty()) return;
    ValueTransform transform(rules.hash_key);
    for (std::size_t i = 0; i < change.missing.size(); ++i) {
        const ColumnRule rule = rules.of(change.shape.columns[i].name);
        if (rule == ColumnRule::Exclude) change.missing[i].reset();
        if (!change.missing[i] || (rule != ColumnRule::Hash && rule != ColumnRule::Mask)) continue;
        change.missing[i] = transform.transformed(rule, *change.missing[i]);
    }
}

bool same_targets(const std::vector<TablePlan>& left, const std::vector<TablePlan>& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](const TablePlan& one, const TablePlan& other) {
                          return one.target == other.target && one.mode == other.mode;
                      });
}

Error other_targets(const SourceTable& shape) {
    return Error{
        ErrorKind::Schema,
        fmt::format("{}: no rule gives the table under this name the targets that it has, or it has no "
                    "usable key or replica identity any more",
                    shape.qualified_name()),
        "let one rule match its old and its new name, or give it a key or REPLICA IDENTITY FULL; then "
        "`walferry run CONFIG`",
        ""};
}

/// The rule by which the table has its targets: that of its new name where it gives the same, else the old
/// one until the next start.
std::vector<const TableRule*> rules_for(const Config& config, const SourceTable& old,
                                        const SourceTable& shape) {
    std::vector<const TableRule*> rules;
    for (const auto& [schema, name] : {std::pair{shape.schema, shape.name}, std::pair{old.schema, old.name},
                                       std::pair{shape.naming_schema(), shape.naming_name()}}) {
        const TableRule* rule = find_rule(config, schema, name);
        if (rule != nullptr && std::find(rules.begin(), rules.end(), rule) == rules.end())
            rules.push_back(rule);
    }
    return rules;
}

}  // namespace

Status refuse_renamed_rules(const ColumnRules& rules, const ShapeChange& change) {
    for (const ColumnChange& column : change.columns) {
        if (column.kind != ColumnChange::Kind::Renamed) continue;
        if (rules.of(column.old_name) == rules.of(column.name)) continue;
        return Error{
            ErrorKind::Schema,
            fmt::format("{}: column {} is called {} now, and one of the two names is excluded, hashed or "
                        "masked: its values would stand in the warehouse in clear",
                        change.shape.qualified_name(), column.old_name, column.name),
            "write both names into exclude_columns, hash_columns or mask_columns; then `walferry run CONFIG`",
            ""};
    }
    return success();
}

Result<std::vector<TablePlan>> plan_new_shape(const Config& config, const std::vector<TablePlan>& old_plans,
                                              ShapeChange& change, WarehouseSession& session) {
    const TablePlan& old_plan = old_plans.front();
    for (const TableRule* rule : rules_for(config, old_plan.source, change.shape)) {
        WALFERRY_TRYV(refuse_renamed_rules(rule->columns, change));
        const TableRule renamed = renamed_rule(*rule, change);
        ShapeChange tried = change;
        settle_dropped(old_plan, tried);
        WALFERRY_TRY(plans, plan_shape(config, tried.shape, renamed, session, old_plan.kind));
        if (!same_targets(old_plans, plans)) continue;
        const std::vector<std::size_t> unlike = unlike_columns(old_plan, plans.front(), tried);
        if (!unlike.empty()) {
            for (const std::size_t at : unlike)
                part_column(tried, at, old_plan.source.columns[*tried.origin[at]],
                            rule->on_drop == OnDrop::Keep);
            settle_dropped(old_plan, tried);
            WALFERRY_TRY(again, plan_shape(config, tried.shape, renamed, session, old_plan.kind));
            plans = std::move(again);
        }
        transform_missing(rule->columns, tried);
        change = std::move(tried);
        return plans;
    }
    return other_targets(change.shape);
}

}  // namespace walferry
