#include "capture/snapshot/snapshot_connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include "model/quote.h"

namespace walferry {

Result<std::unique_ptr<SnapshotConnection>> SnapshotConnection::open(const std::string& connection) {
    WALFERRY_TRY(parameters, source_parameters(connection));
    WALFERRY_TRY(session, connect_source(parameters));
    return std::unique_ptr<SnapshotConnection>(new SnapshotConnection(std::move(session)));
}

SnapshotConnection::SnapshotConnection(PgConnection connection)
    : connection_(std::move(connection)),
      cancel_(PQgetCancel(connection_.get())),
      socket_(::dup(PQsocket(connection_.get()))) {}

SnapshotConnection::~SnapshotConnection() {
    connection_.reset();
    PQfreeCancel(cancel_);
    if (socket_ >= 0) ::close(socket_);
}

Result<PgResult> SnapshotConnection::run(const std::string& sql) {
    if (interrupted_.load(std::memory_order_acquire)) return error(nullptr);
    PgResult result(PQexec(connection_.get(), sql.c_str()));
    const ExecStatusType state = PQresultStatus(result.get());
    if (state != PGRES_COMMAND_OK && state != PGRES_TUPLES_OK) return error(result.get());
    return result;
}

Status SnapshotConnection::import(const std::string& snapshot_name) {
    const Result<PgResult> imported = run("SET TRANSACTION SNAPSHOT " + quote_literal(snapshot_name));
    if (imported) return success();
    Error error = imported.error().in("importing the exported snapshot");
    // It is gone when its holder's connection broke: the copy has to be started again.
    if (error.kind != ErrorKind::Cancelled) error.kind = ErrorKind::Connection;
    return error;
}

void SnapshotConnection::interrupt() {
    interrupted_.store(true, std::memory_order_release);
    if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
    // The server would notice the closed socket only when it sends something: free its locks now.
    char unused[256];
    if (cancel_ != nullptr) PQcancel(cancel_, unused, sizeof unused);
}

Error SnapshotConnection::error(const PGresult* result) const {
    if (interrupted_.load(std::memory_order_acquire))
        return Error{ErrorKind::Cancelled, "the copy was interrupted", "", ""};
    Error error = source_error(result, connection_.get());
    if (error.kind == ErrorKind::Cancelled) error.kind = ErrorKind::Connection;  // by somebody else
    return error;
}

}  // namespace walferry
