#pragma once

#include <string_view>

#include "capture/pgoutput/decoder.h"
#include "capture/pgoutput/relation_cache.h"
#include "model/change.h"

namespace walferry {

/// A decoded message as the change of one relation. A truncate covers several: `id` says which one is meant.
/// Kind Protocol when the message is no change, is none of that relation, or when its rows do not have as
/// many columns as the relation. Views are those of the message.
Result<ChangeEvent> to_change(const Message& message, std::string_view bytes, RelationId id,
                              const RelationCache& relations, SequenceKey sequence);

/// The same with the relation that was current when the message arrived.
Result<ChangeEvent> to_change(const Message& message, std::string_view bytes, const Relation& relation,
                              SequenceKey sequence);

/// Reads changes again that were kept as bytes (ChangeEvent::message and its Relation::message): first the
/// relation that was current when the change arrived, then the change. One for each table or run. Not
/// thread-safe.
class ChangeDecoder {
 public:
    Status relation(std::string_view message);

    /// The change as it is for relation `id`. Holds until the next call; its relation as long as the decoder.
    Result<ChangeEvent> change(std::string_view message, RelationId id, SequenceKey sequence);

 private:
    Decoder decoder_;
    RelationCache relations_;
};

}  // namespace walferry
