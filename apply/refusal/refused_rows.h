#pragma once

#include <utility>
#include <vector>

#include "apply/event_encoder.h"
#include "apply/table_batch.h"
#include "capture/pgoutput/decoder.h"
#include "warehouse/warehouse.h"

namespace walferry {

using RefusedRows = std::vector<std::pair<SequenceKey, Refusal>>;

/// Some events of a batch: [begin, end).
struct EventSpan {
    const TableBatch& batch;
    std::size_t begin, end;
};

/// The events whose new row the target refuses whatever rows it has: by a CHECK or NOT NULL
/// constraint, or since a column is narrower than the source's. Found by loading all rows beside, not one by
/// one. Rows that leave values out are not looked at, nor constraints that need other rows or columns that
/// are not the source's. In the session's open transaction; DuckDB's has to be rolled back.
Result<RefusedRows> refused_rows(WarehouseSession& session, const EventSpan& events, const Table& table,
                                 const TablePlan& plan);

/// The load rows of a batch's events, one after the other, as far as they have all values.
class EventRows {
 public:
    EventRows(const TableBatch& batch, const Table& table)
        : batch_(batch), encoder_(table.encoding_plan(), true) {}

    /// The data fields of the event's new row; empty where it has none to look at. Holds until the next call.
    Result<std::string_view> row(std::size_t event);

 private:
    const TableBatch& batch_;
    EventEncoder encoder_;
    Decoder decoder_;
    Arena arena_;
    std::string_view last_;  ///< the newest row in the arena
};

/// For PostgreSQL: by a table beside that is like the target, with its types and constraints; a load that
/// fails says which line it was.
Result<RefusedRows> refused_by_twin(WarehouseSession& session, const EventSpan& events, const Table& table,
                                    const TablePlan& plan);
/// For DuckDB, where a failed load ends the transaction: by a query of the constraints' own conditions.
Result<RefusedRows> refused_by_conditions(WarehouseSession& session, const EventSpan& events,
                                          const Table& table, const TablePlan& plan);

}  // namespace walferry
