#pragma once

#include <chrono>
#include <variant>

#include "model/change.h"
#include "model/error.h"
#include "model/lsn.h"

namespace walferry {

/// A transaction starts; end_lsn is not known yet.
struct TransactionBegin {
    Transaction transaction;
};

/// The transaction whose changes came since the last begin is complete and was committed at the source.
struct TransactionCommit {
    Transaction transaction;
};

/// Everything that was committed before `position` has been delivered. `reply_requested`: the source waits
/// for an acknowledgement (it may be shutting down), so what is undurable should be made durable soon.
struct Keepalive {
    Lsn position;
    bool reply_requested = false;
};

/// A record of Kafka that says nothing we can read. Views hold until the next call.
struct UnreadableRecord {
    const Error* error = nullptr;
    std::string_view source_table;  ///< schema.table, where that could be told
    RecordOrigin record;
    PgTime time = 0;         ///< the record's own, 0 without
    std::string_view bytes;  ///< all of it, as a JSON object (dead letters keep it)
};

/// Nothing to read right now: `wait`.
struct NothingYet {};

using SourceEvent = std::variant<NothingYet, TransactionBegin, ChangeEvent, TransactionCommit, Keepalive,
                                 UnreadableRecord, LogicalMessage>;

/// Where changes come from: a start position goes in, changes come out in commit order, `acknowledge` comes
/// back. Used by the reader's thread only. Between begin and commit come only the changes of that
/// transaction. Messages come where they were asked for: those of a transaction within it, the others between
/// transactions, each with everything that was committed before it delivered. Any error ends the stream: the
/// caller destroys the source and starts a new one from the checkpoint.
class ChangeSource {
 public:
    virtual ~ChangeSource() = default;

    /// The next event, without waiting. Views in it hold until the next call.
    virtual Result<SourceEvent> next() = 0;

    /// Tells the source that everything before `durable` is committed in the warehouse. Never call it with
    /// more than that (design invariant 2). Positions that go backwards are ignored.
    virtual Status acknowledge(Lsn durable) = 0;

    /// Sends what has to be sent from time to time so that the source does not give us up; call at least
    /// every second, also while nothing is read.
    virtual Status keep_alive() = 0;

    /// Asks the source for its position: a Keepalive follows soon.
    virtual Status request_position() = 0;

    /// Waits until `next` may have something, the descriptor `wake` becomes readable (-1: there is none), or
    /// the time has passed. May return early; may let a busy stream gather for some milliseconds.
    virtual void wait(int wake, std::chrono::milliseconds time_max) = 0;
};

}  // namespace walferry
