#pragma once

#include <string>
#include <string_view>

#include "checkpoint/checkpoint_store.h"
#include "model/error.h"
#include "model/lsn.h"

namespace walferry::publish {

/// How far a first snapshot is.
enum class SnapshotProgress {
    None,    ///< none is wanted
    Begun,   ///< the slot is made, and nothing of the snapshot is in Kafka
    Partly,  ///< some of its rows are in Kafka
    Done
};

/// What a restart needs, as a record of the checkpoint topic. Everything that the source committed before
/// `place.position` is in Kafka, in the same transaction that has this record.
struct PublishCheckpoint {
    Checkpoint place;  ///< without epoch: Kafka's transactional id fences
    SnapshotProgress snapshot = SnapshotProgress::None;
    Lsn previous_commit;   ///< end of the last transaction, for `source.sequence`; 0 without
    std::string instance;  ///< the process that wrote it
};

std::string to_json(const PublishCheckpoint& checkpoint);

/// Kind Refused when it is no checkpoint of ours, or of a newer version.
Result<PublishCheckpoint> read_publish_checkpoint(std::string_view json);

}  // namespace walferry::publish
