#pragma once

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/error.h"

struct pg_conn;    // libpq's PGconn
struct pg_result;  // libpq's PGresult

namespace walferry {

/// Keywords and values for PQconnectdbParams, each keyword at most once.
using ConnectionParameters = std::vector<std::pair<std::string, std::string>>;

/// What the user's connection string or URL says, completed with what every session at the source needs: the
/// settings that fix PostgreSQL's text output, an empty search_path, UTF8, timeouts and TCP keepalives (the
/// last two only where the user says nothing). Service files, PGPASSFILE and the PG* variables keep working,
/// for libpq itself resolves them later. Kind Configuration when libpq can't parse the string.
Result<ConnectionParameters> source_parameters(const std::string& connection);

/// The same with `replication=database`: the session of a logical walsender.
Result<ConnectionParameters> replication_parameters(const std::string& connection);

/// Parameters as one connection string, for libraries that take nothing else (libpqxx).
std::string conninfo(const ConnectionParameters& parameters);

struct PgConnectionCloser {
    void operator()(pg_conn* connection) const noexcept;
};
using PgConnection = std::unique_ptr<pg_conn, PgConnectionCloser>;

struct PgResultCloser {
    void operator()(pg_result* result) const noexcept;
};
using PgResult = std::unique_ptr<pg_result, PgResultCloser>;

/// Connects and waits for the outcome; takes connect_timeout a host at most. Permission when the server
/// refuses the password or the role, Configuration when the database does not exist, else mostly Connection.
Result<PgConnection> connect_source(const ConnectionParameters& parameters);

/// From here on a role can have a transaction_timeout, which must not end a copy. Older servers would refuse
/// the setting, so it is made after connecting.
inline constexpr int version_with_transaction_timeout = 170000;

/// What an SQLSTATE means for the failure policy, when nothing is known of the statement.
ErrorKind kind_of_sqlstate(std::string_view sqlstate);

/// What a failed statement reported. With a null result, or a connection that broke meanwhile: kind
/// Connection.
Error source_error(const pg_result* result, const pg_conn* connection);

/// What libpqxx threw.
Error source_error(const std::exception& thrown);

}  // namespace walferry
