#pragma once

#include <libpq-fe.h>

#include <string>
#include <string_view>

#include "model/error.h"

namespace walferry {

/// The kind of an SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html) as seen from a
/// warehouse.
ErrorKind warehouse_error_kind(std::string_view sqlstate);

/// What the server said: message, detail and context, with the kind of its SQLSTATE. Without one (the
/// connection broke) the connection's own message, kind Connection. `result` may be null.
Error error_of(PGconn* connection, const PGresult* result);

/// Why a connection attempt failed. Expects the connection to have verbosity PQERRORS_VERBOSE, for only then
/// the message carries the SQLSTATE; it is not available in any other way.
Error error_of_connect(PGconn* connection);

}  // namespace walferry
