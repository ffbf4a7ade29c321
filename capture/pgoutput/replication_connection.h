#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "capture/source_session.h"
#include "model/change.h"
#include "model/error.h"
#include "model/lsn.h"

namespace walferry {

/// Answer to IDENTIFY_SYSTEM.
struct SystemIdentification {
    std::uint64_t system_identifier = 0;
    std::uint32_t timeline = 0;
    Lsn position;
};

/// A connection to a logical walsender (PostgreSQL documentation, "Streaming Replication Protocol"). Commands
/// wait for their answer; once streaming nothing waits any more. One thread.
class ReplicationConnection {
 public:
    static Result<ReplicationConnection> open(const std::string& connection);

    int server_version() const;

    Result<SystemIdentification> identify_system();
    /// The history file of `timeline`; kind Refused when it has none (the first timeline).
    Result<std::string> timeline_history(std::uint32_t timeline);
    struct CreatedSlot {
        Lsn consistent_point;
        std::string snapshot;  ///< its name; holds until the next command, or the end of the connection
    };
    /// Creates a slot for pgoutput, with the snapshot of its consistent point where that is wanted. Waits for
    /// transactions that run; kind Cancelled when asked to stop meanwhile.
    Result<CreatedSlot> create_slot(const std::string& slot, bool export_snapshot, std::stop_token stop);

    /// Protocol 1 with values as text. From then on only the methods below are of use. `messages`: logical
    /// messages, too, where the server is PostgreSQL 14 or newer.
    Status start_streaming(const std::string& slot, const std::string& publication, Lsn start, bool messages);

    /// The next CopyData payload; empty when the socket is drained. Holds until the next call. The end of the
    /// stream is an error, with what the server said.
    Result<std::optional<std::string_view>> receive();

    /// A status update that calls everything before `durable` written, flushed and applied. Where the socket
    /// takes no more, it stays in libpq's buffer until `flush`.
    Status send_status(Lsn durable, bool reply_requested);
    Status flush();

    int descriptor() const;

 private:
    struct BufferCloser {
        void operator()(char* buffer) const noexcept;
    };

    explicit ReplicationConnection(PgConnection connection) : connection_(std::move(connection)) {}

    Result<PgResult> query(const std::string& command);
    Result<PgResult> query_patiently(const std::string& command, std::stop_token stop);
    Result<PgResult> checked(PgResult result);
    Result<std::size_t> read_payload();
    Error end_of_stream();

    PgConnection connection_;
    std::unique_ptr<char, BufferCloser> payload_;
};

/// Where `timeline` ended, according to a history file of a later one: lines of "timeline TAB switch point
/// TAB reason". Empty when the file does not name it; kind Protocol when the file is none.
Result<std::optional<Lsn>> switch_point(std::string_view history, std::uint32_t timeline);

}  // namespace walferry
