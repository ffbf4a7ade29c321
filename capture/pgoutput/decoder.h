#pragma once

#include <string_view>
#include <vector>

#include "capture/pgoutput/byte_reader.h"
#include "capture/pgoutput/messages.h"
#include "model/error.h"

namespace walferry {

/// Bytes in, message out; no I/O, no state but the memory that rows are decoded into, which is reused: in the
/// steady state nothing is allocated. Whatever the bytes are, the answer is a message or an error of kind
/// Protocol, and memory stays in proportion to the input. Not thread-safe.
class Decoder {
 public:
    /// Decodes one whole message of protocol 1. Rows of the result hold until the next call.
    Result<Message> decode(std::string_view message);

 private:
    Result<Message> read_insert(ByteReader& reader);
    Result<Message> read_update(ByteReader& reader);
    Result<Message> read_delete(ByteReader& reader);
    Result<Message> read_truncate(ByteReader& reader);

    std::vector<ColumnValue> old_values_;
    std::vector<ColumnValue> new_values_;
    std::vector<RelationId> truncated_;
};

}  // namespace walferry
