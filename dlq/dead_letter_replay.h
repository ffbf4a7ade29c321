#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dlq/dead_letter_store.h"

namespace walferry {

enum class ReplayVerdict {
    Replayed,    ///< the target has it now
    Superseded,  ///< the target has a newer version, or one that makes up for it
    Refused,     ///< it is refused again: `error` says why
};

std::string_view to_string(ReplayVerdict verdict);

struct ReplayOutcome {
    ReplayVerdict verdict = ReplayVerdict::Replayed;
    std::string error_code;
    std::string error;
    /// Replayed, and it left nothing of what older letters of its key said undone (a whole row, a delete):
    /// these become superseded.
    bool full = true;
};

/// Tries to apply one letter to its target, inside the open transaction. Never lets an older version
/// overwrite a newer one. What it wrote is rolled back after Refused and after an error.
using ReplayOne = std::function<Result<ReplayOutcome>(WarehouseSession&, const DeadLetter&)>;

/// What happened to one letter.
struct ReplayResult {
    std::int64_t id = 0;
    std::string table;  ///< at the source
    std::string key;    ///< JSON object
    ReplayVerdict verdict = ReplayVerdict::Replayed;
    std::string error;
};

struct ReplayReport {
    std::vector<ReplayResult> results;  ///< of the letters that were tried, in their order
    std::optional<Error> failure;  ///< what says nothing about a letter: no writer, fenced, connection lost
};

/// Work of the pipeline's only writer.
using WriterWork = std::function<Status(WarehouseSession&)>;
/// Runs works one after the other, each in a transaction of its own that commits only while the pipeline's
/// epoch is the writer's, and that is rolled back when the work fails. Gives the outcome of each, and runs
/// none after it has returned. Kind Busy where there is no writer now: nothing of that work was done.
using SingleWriter = std::function<std::vector<Status>(std::vector<WriterWork>)>;

/// Tries each of the letters, which are in the order of their commits (DeadLetterStore::list), and marks
/// them. One that is not open any more when its turn comes is left out.
ReplayReport replay_letters(const DeadLetterStore& store, std::span<const DeadLetter> letters,
                            const ReplayOne& replay_one, const SingleWriter& writer);

}  // namespace walferry
