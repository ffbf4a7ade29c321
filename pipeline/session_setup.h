#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "capture/change_source.h"
#include "capture/source_catalog.h"
#include "checkpoint/checkpoint_store.h"
#include "config/config.h"
#include "pipeline/start_rules.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// A pipeline that is ours: checked, fenced, and streaming from its checkpoint.
struct ReadySession {
    std::unique_ptr<SourceCatalog> catalog;
    std::unique_ptr<WarehouseSession> session;
    std::unique_ptr<ChangeSource> source;
    Checkpoint checkpoint;
    bool fresh = false;  ///< slot and checkpoint were made just now
};

ControlSchema control_schema(const Config& config, WarehouseKind kind, const std::string& catalog);

/// Reads what a start has to be judged by; writes nothing.
Result<StartFacts> read_start_facts(const Config& config, SourceCatalog& catalog, WarehouseSession& session,
                                    const CheckpointStore& checkpoints);

/// Judges, makes what a fresh pipeline needs (checkpoint row at 0, publication, slot, then the first
/// position), takes the slot, and raises the epoch. Kind Busy while another instance holds the slot.
/// `held_epoch`: the epoch under which this process ran last, 0 when it has none or can't know; updated as
/// soon as it is raised, also when the set-up fails after that. Kind Fenced when somebody else has raised it
/// since; Cancelled when asked to stop while the slot is being made.
Result<ReadySession> set_up_session(const Config& config, Warehouse& warehouse, std::uint64_t& held_epoch,
                                    std::stop_token stop);

}  // namespace walferry
