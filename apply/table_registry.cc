#include "apply/table_registry.h"

namespace walferry {

TableStateRow Table::state_row(TableState row_state) const {
    TableStateRow row;
    row.source_schema = plan->source.schema;
    row.source_table = plan->source.name;
    row.relation_id = plan->source.id;
    row.target_schema = plan->target.schema;
    row.target_table = plan->target.table;
    row.state = row_state;
    row.publication_member = publication_member;
    row.rows_copied = rows_copied;
    return row;
}

std::shared_ptr<Table> TableRegistry::find(RelationId id) const {
    const std::lock_guard lock(mutex_);
    const auto found = tables_.find(id);
    return found == tables_.end() ? nullptr : found->second;
}

void TableRegistry::add(std::shared_ptr<Table> table) {
    const std::lock_guard lock(mutex_);
    const RelationId id = table->plan->source.id;
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
