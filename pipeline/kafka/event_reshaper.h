#pragma once

#include <map>

#include "apply/schema/reshaper.h"
#include "apply/schema/shape_change.h"
#include "checkpoint/schema_history_store.h"
#include "config/config.h"
#include "pipeline/kafka/event_shapes.h"

namespace walferry {

/// Gives targets the columns that events begin to have: added, NULL in the rows from before, or made wider.
/// Nothing is ever taken away. One thread.
class EventReshaper final : public Reshaper {
 public:
    EventReshaper(const Config& config, ControlSchema control, const EventShapes& shapes)
        : config_(config), control_(control), history_(std::move(control)), shapes_(shapes) {}

    Result<Reshaped> reshape(WarehouseSession& session, const std::shared_ptr<Table>& table,
                             const Relation& relation, SequenceKey at, bool rows_changed) override;

 private:
    const Config& config_;
    ControlSchema control_;
    SchemaHistoryStore history_;
    const EventShapes& shapes_;
    std::map<RelationId, std::uint64_t> said_;  ///< the version that was told of
};

}  // namespace walferry
