#include "apply/table_registry.h"

#include <algorithm>

namespace walferry {

TableStateRow Table::state_row(TableState row_state) const {
    TableStateRow row;
    row.source_schema = source().schema;
    row.source_table = source().name;
    row.relation_id = source().id;
    for (const auto& plan : plans)
        row.targets.push_back({plan->target.schema, plan->target.table, std::string(to_string(plan->mode))});
    row.state = row_state;
    row.publication_member = publication_member;
    row.rows_copied = rows_copied;
    row.snapshot_time = snapshot_time;
    row.merges_copy = merges_copy;
    return row;
}

const std::shared_ptr<const TablePlan>& Table::encoding_plan() const {
    const auto upsert = std::find_if(plans.begin(), plans.end(),
                                     [](const auto& plan) { return plan->mode == TableMode::Upsert; });
    return upsert == plans.end() ? plans.front() : *upsert;
}

std::shared_ptr<Table> TableRegistry::find(RelationId id) const {
    const std::lock_guard lock(mutex_);
    const auto found = tables_.find(id);
    return found == tables_.end() ? nullptr : found->second;
}

void TableRegistry::add(std::shared_ptr<Table> table) {
    const std::lock_guard lock(mutex_);
    const RelationId id = table->source().id;
    tables_[id] = std::move(table);
    ++generation_;
}

std::vector<std::shared_ptr<Table>> TableRegistry::all() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Table>> tables;
    for (const auto& [id, table] : tables_) tables.push_back(table);
    return tables;
}

}  // namespace walferry
