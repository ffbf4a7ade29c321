#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "capture/change_source.h"
#include "capture/pgoutput/pgoutput_source.h"
#include "capture/source_catalog.h"
#include "kafka/schema_registry.h"
#include "pipeline/publish/event_maker.h"
#include "pipeline/publish/kafka_output.h"
#include "pipeline/publish/publish_status.h"
#include "pipeline/start_rules.h"

namespace walferry::publish {

/// What a process remembers of its sessions.
struct Tenure {
    std::string instance;  ///< names the process
    bool held = false;     ///< a session of it has had the pipeline
};

/// A pipeline that is ours, up to where its stream begins.
struct ReadyToPublish {
    std::unique_ptr<SchemaRegistry> registry;  ///< null for JSON
    std::unique_ptr<SourceCatalog> catalog;
    std::unique_ptr<KafkaOutput> output;
    PublishCheckpoint checkpoint;
    EnvelopeSettings settings;
    /// Where a snapshot has to be published first: the slot's own one, or null where the slot is older, whose
    /// snapshot is gone.
    std::unique_ptr<SlotWithSnapshot> slot;
    std::vector<SourceTable> tables;  ///< of that snapshot
};

/// Judges the start (start_rules.h), fences older instances, makes what a fresh pipeline needs.
///
/// Order, and what a crash leaves: (1) a checkpoint at 0 that says whose the publication is, so that a slot
/// beside it is known to be ours; (2) the publication; (3) the slot; (4) a checkpoint at the slot's position,
/// which says Begun where a snapshot is wanted. Killed before (4), or before anything of the snapshot is in
/// Kafka, the next start makes slot and snapshot anew. Once parts of it are (Partly), the slot stays: a new
/// snapshot is published whole, and then every change since the slot was made. So `r` events come again, and
/// may be newer than the changes that follow them; but no change is lost, nor a row left over that was
/// deleted meanwhile.
///
/// Kinds: Fenced when another process has taken over since `tenure` had it; Busy while the slot is in use;
/// Refused where going on could lose changes.
Result<ReadyToPublish> set_up_publishing(const PublishOptions& options, Tenure& tenure, std::stop_token stop);

/// The published tables that a rule wants. Kind Refused where two of them would share a topic.
Result<std::vector<SourceTable>> wanted_tables(const PublishOptions& options, SourceCatalog& catalog);

}  // namespace walferry::publish
