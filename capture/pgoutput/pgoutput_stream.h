#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/change_source.h"
#include "capture/pgoutput/byte_reader.h"
#include "capture/pgoutput/change_decoder.h"

namespace walferry {

/// What the payloads of a stream mean, one after the other: keeps the order of the protocol, counts the
/// changes of a transaction and drops transactions with commit_lsn < start (a slot may rewind after a crash
/// of the source): of those neither begin, changes nor commit come out, but relations that they describe are
/// learnt. So are messages outside of transactions that were written before it. No I/O.
class PgoutputStream {
 public:
    explicit PgoutputStream(Lsn start) : start_(start), delivered_(start) {}

    /// The event of a CopyData payload; empty for what is none. Views hold as long as the payload and until
    /// the next call. Every error is of kind Protocol and ends the stream.
    Result<std::optional<SourceEvent>> read(std::string_view payload);

    /// One payload can hold several events (a truncate, one for each relation): the next of the last one.
    /// Take all of them before the next `read`; they don't need the payload.
    Result<std::optional<SourceEvent>> rest();

    Lsn delivered() const { return delivered_; }  ///< all commits before it came out
    std::uint64_t dropped() const {
        return dropped_;
    }  ///< transactions that came although they are before start

 private:
    using MaybeEvent = Result<std::optional<SourceEvent>>;

    MaybeEvent read_keepalive(ByteReader& reader);
    MaybeEvent read_message(std::string_view message, Lsn lsn);
    MaybeEvent begin(const BeginMessage& message);
    MaybeEvent commit(const CommitMessage& message);
    MaybeEvent change(const Message& message, std::string_view bytes, Lsn lsn);
    MaybeEvent logical(const LogicalMessage& message);

    Decoder decoder_;
    RelationCache relations_;
    Lsn start_;
    Lsn delivered_;
    Transaction transaction_;
    bool in_transaction_ = false;
    bool dropping_ = false;  ///< the transaction is before start_
    std::uint64_t ordinal_ = 0;
    std::uint64_t dropped_ = 0;
    std::vector<RelationId> truncate_rest_;  ///< last first
    std::string truncate_message_;
    Lsn truncate_lsn_;
};

}  // namespace walferry
