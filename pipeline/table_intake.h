#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "apply/batch_builder.h"
#include "apply/pending_changes.h"
#include "apply/table_registry.h"
#include "capture/source_catalog.h"
#include "checkpoint/table_state_store.h"
#include "config/config.h"
#include "pipeline/schema/known_shapes.h"
#include "pipeline/schema/storage_watch.h"
#include "pipeline/table_matching.h"
#include "pipeline/table_planning.h"

namespace walferry {

/// Takes tables into a running pipeline: from the publication, through plan and target, into the registry.
/// Called at the start, by the monitor that looks for new tables, and by the reader when the stream mentions
/// a table nobody has seen yet. Thread-safe.
class TableIntake {
 public:
    TableIntake(const Config& config, Warehouse& warehouse, ControlSchema control, TableRegistry& registry,
                std::uint64_t epoch, bool made_publication);

    struct Outcome {
        std::vector<Finding> findings;
        std::vector<CandidateTable> excluded;
        bool published_some =
            false;  ///< tables were added to the publication: a copy has to wait for writers
        /// A known table left the publication and came back, or another one took its target: the session must
        /// start over.
        bool start_again = false;
    };
    /// Publishes what is wanted and not published (in a publication of ours), and registers every wanted
    /// published table that is not registered yet, with its state from the control table.
    Result<Outcome> take_in();

    /// For the reader: the relation's table, null when no rule wants it.
    Result<std::shared_ptr<Table>> resolve(const Relation& relation);

 private:
    Result<SourceCatalog*> catalog();
    Result<Outcome> take_in_locked();
    Result<std::vector<SourceTable>> shapes_to_plan(WarehouseSession& session, SourceCatalog& source,
                                                    const std::vector<SourceTable>& published,
                                                    std::vector<TableStateRow>& states);
    std::vector<std::shared_ptr<Table>> watched_tables() const;
    Status act_on(WarehouseSession& session, const std::vector<StorageWatch::Sight>& sights,
                  Outcome& outcome);
    bool target_is_taken(const TablePlan& plan) const;
    std::vector<std::shared_ptr<Table>> unpublished_by_now(const std::vector<SourceTable>& published) const;
    Status exclude(WarehouseSession& session, const std::vector<std::shared_ptr<Table>>& gone);
    Status exclude_others(WarehouseSession& session, const std::vector<TableStateRow>& states);
    Status register_table(WarehouseSession& session, const std::vector<PlannedTable>& targets,
                          const std::vector<TableStateRow>& states);
    Status forget(WarehouseSession& session, const TableStateRow& row, RelationId id);
    Status rename_row(WarehouseSession& session, const TableStateRow& row, const SourceTable& source);
    Status restore_state(WarehouseSession& session, Table& table, const std::vector<PlannedTable>& targets,
                         const TableStateRow* row);

    const Config& config_;
    Warehouse& warehouse_;
    ControlSchema control_;
    TableStateStore states_;
    KnownShapes shapes_;
    StorageWatch watch_;
    TableRegistry& registry_;
    std::uint64_t epoch_;
    bool made_publication_;
    bool took_in_ = false;
    std::mutex mutex_;
    std::unique_ptr<SourceCatalog> catalog_;
};

}  // namespace walferry
