#pragma once

#include <cstdint>
#include <string_view>

#include "model/change.h"

namespace walferry {

/// An event as the reader received it (after column rules), so that it can be kept, or folded once more when
/// a row of its batch is refused. The message lies in the batch's arena; the relation lives as long as the
/// source, or the decoder of kept changes, that it came from.
struct RecordedEvent {
    const Relation* relation = nullptr;
    SequenceKey sequence;
    PgTime commit_time = 0;
    std::uint32_t xid = 0;
    std::uint32_t refusal = 0;  ///< index + 1 into TableBatch::refusals of one that is refused already
    std::string_view message;
    const RecordOrigin* record = nullptr;  ///< owned by the batch
};

}  // namespace walferry
