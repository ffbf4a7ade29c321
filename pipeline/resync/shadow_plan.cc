#include "pipeline/resync/shadow_plan.h"

#include <fmt/format.h>

#include "apply/load_row.h"
#include "apply/table_plan.h"
#include "model/quote.h"
#include "pipeline/table_planning.h"

namespace walferry {

namespace {

constexpr const char* shadow_purpose = "shadow";
constexpr const char* keys_purpose = "differing";
/// Staging tables of a shadow are told from those of the targets by it.
constexpr int shadow_number_first = 1000;
constexpr std::uint64_t letters_max = 100'000;

}  // namespace

Result<std::shared_ptr<Table>> make_shadow_table(const Config& config, const ControlSchema& control,
                                                 const Table& table, WarehouseSession& session) {
    const SourceTable& source = table.source();
    const TableRule* rule = find_rule(config, source.schema, source.name);
    if (rule == nullptr) {
        return Error{ErrorKind::Refused, source.qualified_name() + ": no rule wants it any more",
                     "`walferry status CONFIG` lists the tables", ""};
    }
    TableRule plain = *rule;
    TargetConfig rows;
    rows.table = "{table}";
    plain.targets = {rows};
    plain.metadata = false;
    plain.on_delete = OnDelete::Hard;
    plain.applies_truncate = true;
    WALFERRY_TRY(plans, plan_shape(config, source, plain, session, control.kind));
    if (plans.empty()) {
        return Error{ErrorKind::Refused, source.qualified_name() + " has no usable replica identity",
                     "`walferry check CONFIG` names the ALTER TABLE that helps", ""};
    }
    TablePlan plan = std::move(plans.front());
    plan.target = control.side_table(shadow_purpose, source.id, 0);
    plan.number = shadow_number_first;
    plan.inserts_are_new = true;
    auto shadow = std::make_shared<Table>();
    shadow->plans.push_back(std::make_shared<const TablePlan>(std::move(plan)));
    shadow->publication_member = table.publication_member;
    shadow->storage = table.storage;
    return shadow;
}

std::string create_shadow_sql(const TablePlan& shadow) {
    std::string sql = create_table_sql(shadow);
    if (shadow.kind == WarehouseKind::Postgres)
        sql += fmt::format("; ALTER TABLE {} SET UNLOGGED", to_sql(shadow.target));
    return sql;
}

void number_anew(Table& shadow) {
    TablePlan plan = *shadow.plans.front();
    ++plan.number;
    shadow.plans.front() = std::make_shared<const TablePlan>(std::move(plan));
}

TargetName shadow_keys_table(const ControlSchema& control, const TablePlan& target) {
    return control.side_table(keys_purpose, target.source.id, target.number);
}

Status drop_shadow_tables(WarehouseSession& session, const ControlSchema& control, const Table& table) {
    std::vector<TargetName> names{control.side_table(shadow_purpose, table.source().id, 0)};
    for (const auto& plan : table.plans) names.push_back(shadow_keys_table(control, *plan));
    for (const TargetName& name : names) {
        WALFERRY_TRYV(session.execute("DROP TABLE IF EXISTS " + to_sql(name)));
    }
    return success();
}

Status drop_all_shadow_tables(WarehouseSession& session, const ControlSchema& control) {
    for (const char* purpose : {shadow_purpose, keys_purpose}) {
        WALFERRY_TRY(found,
                     session.query(fmt::format("SELECT table_name FROM information_schema.tables WHERE "
                                               "table_schema = {} AND starts_with(table_name::text, {})",
                                               quote_literal(control.schema),
                                               quote_literal(purpose + control.side_table_mark()))));
        for (const auto& row : found.rows) {
            WALFERRY_TRYV(session.execute("DROP TABLE IF EXISTS " + control.sql(row.at(0).value_or(""))));
        }
    }
    return success();
}

Status begin_snapshot(WarehouseSession& session, const TablePlan& shadow) {
    WALFERRY_TRYV(session.begin());
    if (shadow.kind == WarehouseKind::Postgres) {
        // The comparison reads both tables whole, by hash.
        WALFERRY_TRYV(
            session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; "
                            "SET LOCAL work_mem = '64MB'; SET LOCAL jit = off"));
    }
    WALFERRY_TRY(seen, session.query(fmt::format("SELECT 1 FROM {} LIMIT 1", to_sql(shadow.target))));
    static_cast<void>(seen);
    return success();
}

ControlSchema shadow_control(const ControlSchema& control) {
    ControlSchema shadow = control;
    shadow.pipeline = control.pipeline + " (resync)";
    return shadow;
}

Status clear_shadow_letters(WarehouseSession& session, const ControlSchema& shadow_control) {
    return session.execute(fmt::format("DELETE FROM {} WHERE pipeline = {}",
                                       shadow_control.sql("dead_letter"), shadow_control.pipeline_literal()));
}

Result<std::vector<DeadLetter>> refused_by_copy(WarehouseSession& session, const DeadLetterStore& letters) {
    WALFERRY_TRY(all, letters.list(session, {}, nullptr, letters_max));
    std::erase_if(all, [](const DeadLetter& letter) { return letter.op != DeadLetterOp::Read; });
    for (DeadLetter& letter : all) letter.id = 0;
    return std::move(all);
}

}  // namespace walferry
