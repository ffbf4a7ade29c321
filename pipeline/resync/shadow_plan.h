#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apply/table_registry.h"
#include "checkpoint/control_schema.h"
#include "config/config.h"
#include "dlq/dead_letter_store.h"

namespace walferry {

/// The shadow of a table: what its targets should hold now, as a plain table of current rows in the control
/// schema, with the columns and types that all its targets have in common.
Result<std::shared_ptr<Table>> make_shadow_table(const Config& config, const ControlSchema& control,
                                                 const Table& table, WarehouseSession& session);

/// Makes it, empty. In PostgreSQL without WAL of its own: after a crash it is filled anew anyway.
std::string create_shadow_sql(const TablePlan& shadow);

/// Another writer in the same session needs staging tables of other names.
void number_anew(Table& shadow);

/// Where the keys stand whose rows differ between this target and the shadow.
TargetName shadow_keys_table(const ControlSchema& control, const TablePlan& target);

/// Removes what resyncs left: of one table, or of all.
Status drop_shadow_tables(WarehouseSession& session, const ControlSchema& control, const Table& table);
Status drop_all_shadow_tables(WarehouseSession& session, const ControlSchema& control);

/// Opens a transaction that sees one state of the warehouse to its end: that of now.
Status begin_snapshot(WarehouseSession& session, const TablePlan& shadow);

/// Letters of rows that a shadow refuses have a place of their own: they are none of the pipeline's before
/// the shadow's rows are those of the targets.
ControlSchema shadow_control(const ControlSchema& control);
Status clear_shadow_letters(WarehouseSession& session, const ControlSchema& shadow_control);
/// Open letters of rows that the copy read, with ids to be given.
Result<std::vector<DeadLetter>> refused_by_copy(WarehouseSession& session, const DeadLetterStore& letters);

}  // namespace walferry
