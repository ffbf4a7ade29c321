#include "pipeline/table_planning.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/skeleton.h"
#include "model/quote.h"
#include "pipeline/contract_findings.h"
#include "pipeline/listed_columns.h"
#include "warehouse/control_names.h"

namespace walferry {

namespace {

constexpr std::size_t postgres_name_bytes_max = 63;

std::string expand(std::string text, std::string_view placeholder, const std::string& value) {
    for (auto at = text.find(placeholder); at != std::string::npos;
         at = text.find(placeholder, at + value.size())) {
        text.replace(at, placeholder.size(), value);
    }
    return text;
}

/// What the warehouse takes two names for the same by.
std::string folded(WarehouseKind kind, std::string name) {
    if (kind == WarehouseKind::Postgres) return name.substr(0, postgres_name_bytes_max);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char letter) { return std::tolower(letter); });
    return name;
}

std::string override_for(const Config& config, const TableRule& rule, const SourceColumn& column) {
    if (const auto own = rule.types.find(column.name); own != rule.types.end()) return own->second;
    if (column.type.is_array()) {
        const auto arrays = config.types.find("arrays");
        return arrays == config.types.end() ? "" : arrays->second;
    }
    const auto by_type = config.types.find(column.type.name);
    if (by_type == config.types.end()) return "";
    // `numeric: …` is about numeric without precision; a declared one maps by itself.
    const bool plain_numeric = column.type.name != "numeric" || column.type.modifier < 0;
    return plain_numeric ? by_type->second : "";
}

/// What else helps against a column that is called like one of ours.
const char* way_around(TableMode mode) {
    switch (mode) {
        case TableMode::Upsert:
            return ", or metadata: false,";
        case TableMode::Scd2:
            return ", or names: of the history's own columns,";
        case TableMode::Append:
            return "";
    }
    return "";
}

/// Whether an untracked value can change without a new version, and be left out of the next change.
bool leaves_out_large_values(const TablePlan& plan) {
    if (plan.source.identity == ReplicaIdentity::Full) return false;
    for (std::size_t i = plan.key_count; i < plan.data_count(); ++i) {
        const bool tracked = std::find(plan.tracked.begin(), plan.tracked.end(), i) != plan.tracked.end();
        if (plan.source.columns[plan.source_index[i]].dropped) continue;
        if (!tracked && can_be_toasted(plan.source.columns[plan.source_index[i]].type)) return true;
    }
    return false;
}

class Planner {
 public:
    Planner(const Config& config, WarehouseSession& session, WarehouseKind kind, bool looks_at_targets = true)
        : config_(config), session_(session), kind_(kind), looks_at_targets_(looks_at_targets) {}

    Status add(const SourceTable& source, const TableRule& rule) {
        const std::string name = source.qualified_name();
        listed_.see(source, rule);
        contracts_.see(source, rule);
        if (!has_usable_identity(source)) return success();  // reported by whoever looks at candidates
        WALFERRY_TRY(mapped, map_columns(source, rule));
        int number = 0;
        for (const TargetConfig& target : rule.targets) {
            check_column_names(source, rule, target, mapped);
            TargetName target_name{session_.catalog(),
                                   expand(config_.warehouse.schema, "{schema}", source.naming_schema()),
                                   expand(expand(target.table, "{table}", source.naming_name()), "{schema}",
                                          source.naming_schema())};
            auto plan = make_table_plan(source, rule, target, std::move(target_name), kind_, mapped);
            if (!plan) {
                if (plan.error().kind != ErrorKind::Schema) return plan.error();
                error(name, plan.error().message, plan.error().way_out);
                return success();
            }
            complete(plan.value(), rule, number++);
            check_target_name(plan.value());
            WALFERRY_TRYV(look_at_target(std::move(plan.value())));
        }
        return success();
    }

    /// Without what concerns rules rather than tables.
    TablePlanning take_tables() { return std::move(planning_); }

    TablePlanning take() {
        for (Finding& finding : listed_.findings()) planning_.findings.push_back(std::move(finding));
        for (Finding& finding : contracts_.take()) planning_.findings.push_back(std::move(finding));
        return std::move(planning_);
    }

 private:
    void complete(TablePlan& plan, const TableRule& rule, int number) const {
        plan.number = number;
        plan.inserts_are_new = config_.source.snapshot_initial && plan.on_delete == OnDelete::Hard &&
                               plan.applies_truncate && !plan.source.from_kafka;
        for (const std::size_t i : plan.tracked) {
            const SourceColumn& column = plan.source.columns[plan.source_index[i]];
            if (!override_for(config_, rule, column).empty()) plan.tracked_inexact = true;
        }
        if (plan.mode == TableMode::Scd2 && leaves_out_large_values(plan)) {
            const ControlSchema control{kind_, session_.catalog(), config_.warehouse.control_schema,
                                        config_.pipeline};
            plan.latest = control.side_table("latest", plan.source.id, number);
        }
    }

    void error(const std::string& subject, std::string message, std::string fix) {
        planning_.findings.push_back({true, subject, std::move(message), std::move(fix)});
    }

    Result<std::vector<TargetColumn>> map_columns(const SourceTable& source, const TableRule& rule) {
        std::vector<TargetColumn> mapped;
        for (const SourceColumn& column : source.columns) {
            if (column.dropped) {
                mapped.push_back(dropped_target(column));
                continue;
            }
            const ColumnRule treatment = rule.columns.of(column.name);
            if (treatment == ColumnRule::Exclude) {
                mapped.emplace_back();
                continue;
            }
            auto target = treatment == ColumnRule::Clear
                              ? session_.map_column(column, override_for(config_, rule, column))
                              : session_.map_column(text_form_of(column), "");
            if (!target) {
                if (target.error().kind != ErrorKind::Schema) return target.error();
                error(source.qualified_name(),
                      fmt::format("column {}: {}", column.name, target.error().message),
                      target.error().way_out);
                target = TargetColumn{};
                target.value().name = column.name;
            }
            const auto renamed = rule.rename_columns.find(column.name);
            if (renamed != rule.rename_columns.end()) target.value().name = renamed->second;
            if (!target.value().weaker.empty()) {
                planning_.findings.push_back(
                    {false, source.qualified_name(),
                     fmt::format("column {} ({}) becomes {}: {}", column.name, column.type.sql,
                                 target.value().sql_type, target.value().weaker),
                     fmt::format("name another type in the table's rule, types: {{ {}: … }}, if you want one",
                                 yaml_scalar(column.name))});
            }
            mapped.push_back(std::move(target.value()));
        }
        return mapped;
    }

    /// What a dropped column is in the targets. Nothing but NULL is loaded into it; DuckDB's loader wants an
    /// encoding that its type can have all the same.
    TargetColumn dropped_target(const SourceColumn& column) {
        TargetColumn target;
        for (const std::string& wanted : {std::string(), column.target_type}) {
            auto mapped = session_.map_column(column, wanted);
            if (kind_ != WarehouseKind::DuckDb || !mapped || mapped.value().sql_type != column.target_type)
                continue;
            target.encoding = mapped.value().encoding;
            break;
        }
        target.name = column.name;
        target.sql_type = column.target_type;
        return target;
    }

    void check_column_names(const SourceTable& source, const TableRule& rule, const TargetConfig& target,
                            const std::vector<TargetColumn>& mapped) {
        std::map<std::string, std::string> seen;
        for (const std::string& own : own_column_names(source, rule, target))
            seen[folded(kind_, own)] = "walferry's own column";
        for (const TargetColumn& column : mapped) {
            if (column.name.empty()) continue;  // excluded
            const auto [other, is_new] = seen.emplace(folded(kind_, column.name), "column " + column.name);
            if (is_new) continue;
            error(source.qualified_name(),
                  fmt::format("column {} collides with {} in the warehouse", column.name, other->second),
                  fmt::format("rename_columns: {{ {}: another_name }}{} in the rule that matches it",
                              yaml_scalar(column.name),
                              other->second.starts_with("walferry") ? way_around(target.mode) : ""));
        }
    }

    void check_target_name(const TablePlan& plan) {
        const std::string name = plan.source.qualified_name();
        const std::string full = folded(kind_, plan.target.schema) + "." + folded(kind_, plan.target.table);
        const auto [other, is_new] = targets_.emplace(full, name);
        if (!is_new) {
            error(name,
                  fmt::format("its target {} is the same to the warehouse as that of {}",
                              to_string(plan.target), other->second),
                  "give one of the two another name with `table:` in a rule of its own");
        }
        if (kind_ == WarehouseKind::Postgres && plan.target.table.size() > postgres_name_bytes_max) {
            error(name, fmt::format("its target name {} is longer than 63 bytes", plan.target.table),
                  "give it a shorter name with `table:`");
        }
        if (folded(kind_, plan.target.schema) == folded(kind_, config_.warehouse.control_schema)) {
            error(name, fmt::format("its target would be in walferry's own schema {}", plan.target.schema),
                  "choose another warehouse.control_schema or warehouse.schema");
        }
    }

    Status look_at_target(TablePlan plan) {
        if (!looks_at_targets_) {
            planning_.tables.push_back({std::move(plan), true, true});
            return success();
        }
        WALFERRY_TRY(existing, session_.describe_table(plan.target));
        PlannedTable table{std::move(plan), existing.has_value(), false};
        if (existing) {
            const char* mark = table.plan.mode == TableMode::Append ? "_commit_ts" : lsn_column;
            table.target_is_ours =
                std::any_of(existing->begin(), existing->end(),
                            [&](const ExistingColumn& column) { return column.name == mark; });
            WALFERRY_TRYV(check_fit(table.plan, *existing, table.target_is_ours));
        }
        planning_.tables.push_back(std::move(table));
        return success();
    }

    /// A target that walferry fills goes by the last shape that was applied: where it does not, somebody
    /// altered it.
    Status check_fit(const TablePlan& plan, const std::vector<ExistingColumn>& existing, bool ours) {
        constexpr const char* copy_anew =
            "somebody altered the target, or it is older than the column: put the column back, or `walferry "
            "drop "
            "CONFIG`, drop the target table, and `walferry run CONFIG` copies it anew";
        const std::string name = plan.source.qualified_name();
        for (const TargetColumn& wanted : plan.columns) {
            const auto found =
                std::find_if(existing.begin(), existing.end(), [&](const ExistingColumn& column) {
                    return folded(kind_, column.name) == folded(kind_, wanted.name);
                });
            if (found == existing.end()) {
                error(name,
                      fmt::format("the target {} exists but has no column {}", to_string(plan.target),
                                  wanted.name),
                      ours ? copy_anew
                           : fmt::format("ALTER TABLE {} ADD COLUMN {} {}", to_sql(plan.target),
                                         quote_identifier(wanted.name), wanted.sql_type));
                continue;
            }
            WALFERRY_TRY(type, session_.normalise_type(wanted.sql_type));
            if (type == found->sql_type) continue;
            error(name,
                  fmt::format("the target {} has column {} as {}, but {} is needed", to_string(plan.target),
                              wanted.name, found->sql_type, type),
                  fmt::format(
                      "ALTER TABLE {} ALTER COLUMN {} TYPE {}, or name the type that it has with `types:`",
                      to_sql(plan.target), quote_identifier(wanted.name), type));
        }
        return success();
    }

    const Config& config_;
    WarehouseSession& session_;
    WarehouseKind kind_;
    bool looks_at_targets_;
    TablePlanning planning_;
    std::map<std::string, std::string> targets_;
    ListedColumns listed_;
    ContractFindings contracts_{config_.file};
};

}  // namespace

Result<TablePlanning> plan_tables(const Config& config, const std::vector<SourceTable>& published,
                                  WarehouseSession& session, WarehouseKind kind) {
    Planner planner(config, session, kind);
    for (const SourceTable& source : published) {
        const TableRule* rule = find_rule(config, source.schema, source.name);
        if (rule != nullptr) {
            WALFERRY_TRYV(planner.add(source, *rule));
        }
    }
    return planner.take();
}

Result<std::vector<TablePlan>> plan_shape(const Config& config, const SourceTable& shape,
                                          const TableRule& rule, WarehouseSession& session,
                                          WarehouseKind kind) {
    Planner planner(config, session, kind, false);
    WALFERRY_TRYV(planner.add(shape, rule));
    TablePlanning planning = planner.take_tables();
    for (const Finding& finding : planning.findings) {
        if (!finding.is_error) continue;
        return Error{ErrorKind::Schema, fmt::format("{}: {}", finding.subject, finding.message), finding.fix,
                     ""};
    }
    std::vector<TablePlan> plans;
    for (PlannedTable& table : planning.tables) plans.push_back(std::move(table.plan));
    return plans;
}

Status refuse_on_errors(const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) {
        if (!finding.is_error) continue;
        if (finding.is_configuration) return Error{ErrorKind::Configuration, finding.message, "", ""};
        return Error{ErrorKind::Refused, fmt::format("{}: {}", finding.subject, finding.message),
                     finding.fix + "; `walferry check CONFIG` lists everything there is", ""};
    }
    return success();
}

Status create_target(WarehouseSession& session, const PlannedTable& table) {
    if (table.target_exists) return success();
    const TargetName& target = table.plan.target;
    WALFERRY_TRYV(session.begin());
    Status made = create_schema(session, table.plan.kind, target);
    if (made) made = session.execute(create_table_sql(table.plan));
    if (made) return session.commit();
    session.rollback();
    return made.error().in("creating " + to_string(target));
}

Status refuse_foreign_rows(WarehouseSession& session, const PlannedTable& table,
                           const TableStateStore& states) {
    if (!table.target_exists) return success();
    const std::string name = table.plan.source.qualified_name();
    const std::string target = to_string(table.plan.target);
    WALFERRY_TRY(owner, states.other_owner(session, table.plan.target));
    if (owner) {
        return Error{
            ErrorKind::Refused, fmt::format("{}: the target {} belongs to pipeline {}", name, target, *owner),
            "give the target another name with `table:` or warehouse.schema; then `walferry run CONFIG`", ""};
    }
    if (table.target_is_ours) return success();
    WALFERRY_TRY(found, session.query(fmt::format("SELECT 1 FROM {} LIMIT 1", to_sql(table.plan.target))));
    if (found.rows.empty()) return success();
    return Error{
        ErrorKind::Refused,
        fmt::format(
            "{}: the target {} has rows that walferry did not put there; the first copy would delete them",
            name, target),
        "empty the table, or give the target another name with `table:`; then `walferry run CONFIG`", ""};
}

}  // namespace walferry
