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

std::shared_ptr<Table> with_plans(const Table& table, std::vector<TablePlan> plans, TableStorage storage) {
    auto other = std::make_shared<Table>();
    for (TablePlan& plan : plans) other->plans.push_back(std::make_shared<const TablePlan>(std::move(plan)));
    other->publication_member = table.publication_member;
    other->storage = std::move(storage);
    other->state = table.state.load();
    other->rows_copied = table.rows_copied.load();
    other->last_commit_time = table.last_commit_time.load();
    other->goes_direct = table.goes_direct.load();
    other->snapshot_text = table.snapshot_text;
    other->snapshot = table.snapshot;
    other->snapshot_lsn = table.snapshot_lsn;
    other->snapshot_time = table.snapshot_time;
    other->copied_now = table.copied_now;
    other->merges_copy = table.merges_copy;
    other->copy_left_rows = table.copy_left_rows;
    return other;
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
