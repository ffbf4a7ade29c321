#pragma once

#include <map>
#include <string>
#include <vector>

#include "apply/table_plan.h"
#include "checkpoint/table_state_store.h"
#include "config/config.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// Something about a table or the set-up that an operator should know: `check` prints them, `run` refuses on
/// errors.
struct Finding {
    bool is_error = false;
    std::string subject;  ///< schema.table, or the part of the set-up
    std::string message;
    std::string fix;                ///< command or change that resolves it
    bool is_configuration = false;  ///< `message` begins with FILE:LINE: key, and `run` ends with exit 2
};

struct PlannedTable {
    TablePlan plan;
    bool target_exists = false;
    bool target_is_ours = false;  ///< has walferry's metadata columns
};

struct TablePlanning {
    std::vector<PlannedTable> tables;
    std::vector<Finding> findings;
};

/// Plans the targets of all published tables that a rule wants, and finds what stands against it: names that
/// collide, existing targets that do not fit, columns that map to something weaker (a warning). Reads the
/// warehouse, writes nothing.
Result<TablePlanning> plan_tables(const Config& config, const std::vector<SourceTable>& published,
                                  WarehouseSession& session, WarehouseKind kind);

/// The targets of one table in this shape, whatever the warehouse has. Empty for a table without usable
/// identity; the first error with kind Schema.
Result<std::vector<TablePlan>> plan_shape(const Config& config, const SourceTable& shape,
                                          const TableRule& rule, WarehouseSession& session,
                                          WarehouseKind kind);

/// The first error among the findings as an Error of kind Refused, or Configuration.
Status refuse_on_errors(const std::vector<Finding>& findings);

/// Creates schema and table of a target that is not there yet, in a transaction of its own.
Status create_target(WarehouseSession& session, const PlannedTable& table);

/// Kind Refused when the first copy would delete what is not its own: the target exists, and another pipeline
/// fills it, or walferry did not make it and it holds rows.
Status refuse_foreign_rows(WarehouseSession& session, const PlannedTable& table,
                           const TableStateStore& states);

}  // namespace walferry
