#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "apply/batch_builder.h"
#include "apply/table_registry.h"
#include "capture/debezium/table_shape.h"
#include "checkpoint/schema_history_store.h"
#include "checkpoint/table_state_store.h"
#include "config/config.h"
#include "pipeline/kafka/event_shapes.h"

namespace walferry {

/// Takes tables into a pipeline that reads Kafka: what earlier sessions knew, and then each one as its first
/// event comes. There is nothing to copy: they stream from their first event on. Several workers may do so at
/// the same time. Used by the reader's thread.
class EventTables {
 public:
    EventTables(const Config& config, Warehouse& warehouse, ControlSchema control, TableRegistry& registry,
                EventShapes& shapes);

    /// Registers the tables of earlier sessions that a rule still wants.
    Status restore(WarehouseSession& session);

    /// For the batch builder: the relation's table, null when no rule wants it.
    Result<std::shared_ptr<Table>> resolve(const Relation& relation);

    /// For the reader of events: what is known of a table's types, from its events or from a target that is
    /// there already. Nothing where the warehouse can't be asked.
    std::optional<debezium::KnownTable> known(std::string_view schema, std::string_view table);

 private:
    Result<WarehouseSession*> session();
    Result<std::shared_ptr<Table>> take_in(const SourceTable& events);
    Result<std::optional<debezium::KnownTable>> from_target(const std::string& schema,
                                                            const std::string& table);

    const Config& config_;
    Warehouse& warehouse_;
    ControlSchema control_;
    TableStateStore states_;
    SchemaHistoryStore history_;
    TableRegistry& registry_;
    EventShapes& shapes_;
    std::unique_ptr<WarehouseSession> session_;
};

/// The tables that a pipeline's events had so far, as they were last.
Result<std::vector<SourceTable>> event_tables(WarehouseSession& session, const ControlSchema& control);

}  // namespace walferry
