#pragma once

#include <libpq-fe.h>

#include <atomic>
#include <memory>
#include <string>

#include "model/error.h"
#include "warehouse/postgres/postgres_warehouse.h"

namespace walferry {

struct ResultDeleter {
    void operator()(PGresult* result) const { PQclear(result); }
};
using PostgresResult = std::unique_ptr<PGresult, ResultDeleter>;

/// An open libpq connection with walferry's session settings, which are given as startup options so that
/// neither RESET ALL nor a rollback takes them away. Used by one thread, except `interrupt`.
class PostgresConnection {
 public:
    /// Waits connect_timeout (10 s unless the connection string or PGCONNECT_TIMEOUT says otherwise) for each
    /// host.
    static Result<std::unique_ptr<PostgresConnection>> open(const PostgresWarehouseOptions& options);
    ~PostgresConnection();
    PostgresConnection(const PostgresConnection&) = delete;
    PostgresConnection& operator=(const PostgresConnection&) = delete;

    PGconn* get() const { return connection_; }

    /// Ends the connection for good: what waits in it returns at once, and what comes later fails with
    /// Cancelled. The server is asked to stop the statement that it runs. Any thread.
    void interrupt();
    bool interrupted() const { return interrupted_.load(std::memory_order_acquire); }

    /// The error behind `result` (may be null); Cancelled when the connection was interrupted.
    Error error(const PGresult* result) const;

 private:
    explicit PostgresConnection(PGconn* connection);

    PGconn* connection_;
    PGcancel* cancel_;
    /// A duplicate of libpq's socket: libpq closes its own when it sees a failure, and the number could by
    /// then belong to somebody else's file.
    int socket_;
    std::atomic<bool> interrupted_{false};
};

}  // namespace walferry
