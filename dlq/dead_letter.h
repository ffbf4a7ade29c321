#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/change.h"

namespace walferry {

/// Where an event was refused.
enum class DeadLetterStage { Decode, Map, Contract, Apply };

/// Pending: open, the warehouse lacks what it says. Replayed: applied later. Superseded: a later full version
/// of its key was applied. Discarded: a person gave it up. Only pending letters ever change.
enum class DeadLetterState { Pending, Replayed, Superseded, Discarded };

/// What the event was, with Debezium's letters; Read is a row of a first copy.
enum class DeadLetterOp : char { Insert = 'c', Update = 'u', Delete = 'd', Truncate = 't', Read = 'r' };

std::string_view to_string(DeadLetterStage stage);
std::optional<DeadLetterStage> parse_dead_letter_stage(std::string_view text);
std::string_view to_string(DeadLetterState state);
std::optional<DeadLetterState> parse_dead_letter_state(std::string_view text);
std::optional<DeadLetterOp> parse_dead_letter_op(std::string_view text);
DeadLetterOp op_of(ChangeKind kind);

/// An event that one target refused, with all that is needed to look at it and to apply it later: a row of
/// the control table `dead_letter`. One event that two targets refuse is two letters.
struct DeadLetter {
    std::int64_t id = 0;  ///< within the pipeline, growing; given by the store
    DeadLetterStage stage = DeadLetterStage::Apply;
    std::string error_code;  ///< SQLSTATE, or a word of ours; may be empty
    std::string error;
    std::string source_table;  ///< schema.table; empty where it is not known (decode)
    std::string target_table;  ///< schema.table; empty where no target is concerned
    DeadLetterOp op = DeadLetterOp::Insert;

    /// JSON objects (dead_letter_json.h), null where there is none. `key` is what the target tells rows apart
    /// by, in the plan's order, so that equal keys of a target are equal texts.
    std::optional<std::string> key;
    std::optional<std::string> before;
    std::optional<std::string> after;

    SequenceKey sequence;    ///< a copied row: the snapshot's position
    std::uint32_t xid = 0;   ///< 0 without
    PgTime commit_time = 0;  ///< 0 without
    std::optional<std::string> topic;
    std::optional<std::int32_t> kafka_partition;
    std::optional<std::int64_t> kafka_offset;

    std::int32_t attempts = 1;  ///< to apply it, the first one included
    PgTime last_attempt_at = 0;
    DeadLetterState state = DeadLetterState::Pending;
    PgTime created_at = 0;  ///< 0: as of when it is appended
};

}  // namespace walferry
