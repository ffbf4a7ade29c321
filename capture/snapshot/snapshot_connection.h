#pragma once

#include <libpq-fe.h>

#include <atomic>
#include <memory>
#include <string>

#include "capture/source_session.h"
#include "model/error.h"

namespace walferry {

/// A session at the source that another thread can put an end to. Used by one thread, except `interrupt`.
class SnapshotConnection {
 public:
    static Result<std::unique_ptr<SnapshotConnection>> open(const std::string& connection);
    ~SnapshotConnection();
    SnapshotConnection(const SnapshotConnection&) = delete;
    SnapshotConnection& operator=(const SnapshotConnection&) = delete;

    PGconn* get() const { return connection_.get(); }
    /// Statements of which the last one may give rows.
    Result<PgResult> run(const std::string& sql);
    /// Makes an exported snapshot that of the transaction that was just begun. Kind Connection when nobody
    /// holds it any more.
    Status import(const std::string& snapshot_name);

    /// Ends the connection for good: what waits in it returns at once, what comes later fails with Cancelled.
    /// Any thread.
    void interrupt();
    /// The error behind `result` (may be null); Cancelled when the connection was interrupted.
    Error error(const PGresult* result) const;

 private:
    explicit SnapshotConnection(PgConnection connection);

    PgConnection connection_;
    PGcancel* cancel_;
    /// A duplicate of libpq's socket: libpq closes its own when it sees a failure, and the number could by
    /// then belong to somebody else's file.
    int socket_;
    std::atomic<bool> interrupted_{false};
};

}  // namespace walferry
