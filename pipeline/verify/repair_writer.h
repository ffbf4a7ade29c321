#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "checkpoint/control_schema.h"
#include "model/change.h"
#include "pipeline/verify/compared_table.h"

namespace walferry {

/// A row as it has to stand in the target, in the plan's load form.
struct RepairRow {
    std::string key;         ///< the key's fields
    std::string fields;      ///< of all data columns; empty: the target must not have the row
    std::string letter_key;  ///< the key as dead letters write it
};

/// When the rows were what they are.
struct RepairMoment {
    Lsn position;
    PgTime time = 0;  ///< on the source's clock
};

/// Writes rows into their target, in the open transaction, by statements over all of them. Each goes as its
/// kind of target wants it: an upsert target is exchanged by key, a history ends and begins versions, a log
/// gets an `r` row or a `d`. Stateless beside the names.
class RepairWriter {
 public:
    RepairWriter(const TablePlan& plan, const ControlSchema& control) : plan_(plan), control_(control) {}

    /// Gives the places of rows that it left alone: their history says things later than `moment`, so that
    /// they have to be written one by one, each at a time of its own. Kind Data: the target refuses one of
    /// the rows, and the transaction is of no more use.
    Result<std::set<std::size_t>> write(WarehouseSession& session, std::span<const RepairRow> rows,
                                        RepairMoment moment) const;

 private:
    Status stage(WarehouseSession& session, std::span<const RepairRow> rows) const;
    Result<std::set<std::size_t>> settle_time(WarehouseSession& session, std::size_t rows,
                                              RepairMoment& moment) const;
    Status supersede(WarehouseSession& session, std::span<const RepairRow> rows, Lsn position) const;
    std::vector<std::string> statements(const RepairMoment& moment) const;
    std::vector<std::string> history_statements(const RepairMoment& moment) const;
    std::string log_deletes_sql(const RepairMoment& moment) const;
    std::string same_key(const char* left, const char* right) const;
    std::string staged(const char* purpose) const;

    const TablePlan& plan_;
    const ControlSchema& control_;
};

}  // namespace walferry
