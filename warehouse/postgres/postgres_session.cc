#include "warehouse/postgres/postgres_session.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include <cstdlib>
#include <string_view>

#include "warehouse/postgres/postgres_errors.h"
#include "warehouse/postgres/postgres_loader.h"

namespace walferry {
namespace {

QueryResult rows_of(const PGresult* result) {
    QueryResult rows;
    const int columns = PQnfields(result);
    for (int column = 0; column < columns; ++column) rows.columns.emplace_back(PQfname(result, column));
    const int count = PQntuples(result);
    rows.rows.reserve(static_cast<std::size_t>(count));
    for (int row = 0; row < count; ++row) {
        auto& values = rows.rows.emplace_back();
        values.reserve(static_cast<std::size_t>(columns));
        for (int column = 0; column < columns; ++column) {
            if (PQgetisnull(result, row, column))
                values.emplace_back(std::nullopt);
            else
                values.emplace_back(std::string(PQgetvalue(result, row, column),
                                                static_cast<std::size_t>(PQgetlength(result, row, column))));
        }
    }
    return rows;
}

bool is_complete(const PGresult* result) {
    const ExecStatusType state = PQresultStatus(result);
    return state == PGRES_COMMAND_OK || state == PGRES_TUPLES_OK || state == PGRES_EMPTY_QUERY;
}

}  // namespace

PostgresSession::PostgresSession(std::unique_ptr<PostgresConnection> connection, bool read_only)
    : connection_(std::move(connection)), types_(*this, *connection_), read_only_(read_only) {}

Result<PostgresResult> PostgresSession::run(const std::string& sql) {
    if (connection_->interrupted()) return connection_->error(nullptr);
    PostgresResult result(PQexec(connection_->get(), sql.c_str()));
    if (!is_complete(result.get())) return connection_->error(result.get());
    return result;
}

Status PostgresSession::begin() {
    WALFERRY_TRYV(run(read_only_ ? "BEGIN READ ONLY" : "BEGIN"));
    return success();
}

Status PostgresSession::commit() {
    if (connection_->interrupted()) return connection_->error(nullptr);
    const PostgresResult result(PQexec(connection_->get(), "COMMIT"));
    if (!is_complete(result.get())) return error_of(connection_->get(), result.get());
    if (std::string_view(PQcmdStatus(result.get())) == "ROLLBACK")
        return Error{
            .kind = ErrorKind::Internal,
            .message = "COMMIT was answered with ROLLBACK: a statement of the transaction had failed",
            .way_out = {},
            .sqlstate = "25P02"};
    return success();
}

void PostgresSession::rollback() {
    const PGTransactionStatusType state = PQtransactionStatus(connection_->get());
    if (connection_->interrupted() || state == PQTRANS_IDLE || state == PQTRANS_UNKNOWN) return;
    const PostgresResult result(PQexec(connection_->get(), "ROLLBACK"));
}

Status PostgresSession::execute(const std::string& sql) {
    WALFERRY_TRYV(run(sql));
    return success();
}

Result<std::uint64_t> PostgresSession::modify(const std::string& sql) {
    WALFERRY_TRY(result, run(sql));
    return std::strtoull(PQcmdTuples(result.get()), nullptr, 10);
}

Result<QueryResult> PostgresSession::query(const std::string& sql,
                                           std::span<const std::optional<std::string>> parameters) {
    if (!read_only_ || PQtransactionStatus(connection_->get()) != PQTRANS_IDLE)
        return query_in_transaction(sql, parameters);
    // default_transaction_read_only can be switched off by a statement, a READ ONLY transaction can't: a
    // query that comes without one gets its own, and nothing that it sets survives.
    WALFERRY_TRYV(begin());
    Result<QueryResult> result = query_in_transaction(sql, parameters);
    rollback();
    return result;
}

Result<QueryResult> PostgresSession::query_in_transaction(
    const std::string& sql, std::span<const std::optional<std::string>> parameters) {
    if (connection_->interrupted()) return connection_->error(nullptr);
    std::vector<const char*> values;
    values.reserve(parameters.size());
    for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
    const PostgresResult result(PQexecParams(connection_->get(), sql.c_str(), static_cast<int>(values.size()),
                                             nullptr, values.data(), nullptr, nullptr, 0));
    if (!is_complete(result.get())) return connection_->error(result.get());
    return rows_of(result.get());
}

Result<std::unique_ptr<RowLoader>> PostgresSession::load(const TargetName& target,
                                                         std::span<const TargetColumn> columns,
                                                         LoadFormat format) {
    if (connection_->interrupted()) return connection_->error(nullptr);
    return PostgresLoader::start(*connection_, target, columns, format);
}

Result<TargetColumn> PostgresSession::map_column(const SourceColumn& column,
                                                 const std::string& type_override) {
    return types_.map_column(column, type_override);
}

Result<std::string> PostgresSession::normalise_type(const std::string& sql_type) {
    return types_.normalise(sql_type);
}

Result<std::optional<std::vector<ExistingColumn>>> PostgresSession::describe_table(const TargetName& target) {
    static const std::string sql =
        "SELECT c.relkind, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull "
        "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY "
        "a.attnum";
    const std::optional<std::string> parameters[] = {target.schema, target.table};
    WALFERRY_TRY(result, query(sql, parameters));
    if (result.rows.empty()) return std::optional<std::vector<ExistingColumn>>();
    const std::string& kind = *result.rows[0][0];
    if (kind != "r" && kind != "p")
        return Error{.kind = ErrorKind::Schema,
                     .message = to_string(target) + " exists in the warehouse and is not a table",
                     .way_out = "rename it, or give the target another name with `table:`",
                     .sqlstate = {}};
    std::vector<ExistingColumn> columns;
    for (const auto& row : result.rows)
        if (row[1]) columns.push_back({.name = *row[1], .sql_type = *row[2], .not_null = *row[3] == "t"});
    return std::optional(std::move(columns));
}

/// They are known by their application_name, which only sessions of one pipeline have
/// (postgres_connection.cc).
Status PostgresSession::end_predecessors() {
    constexpr const char* others =
        "FROM pg_catalog.pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = current_user AND "
        "datname = current_database() AND application_name = current_setting('application_name') AND "
        "application_name LIKE 'walferry %'";
    for (int attempt = 0; attempt < 50; ++attempt) {
        WALFERRY_TRY(ended, query(fmt::format("SELECT pg_catalog.pg_terminate_backend(pid) {}", others)));
        if (ended.rows.empty()) return success();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return Error{ErrorKind::Busy, "sessions of an earlier instance are still open in the warehouse", "", ""};
}

}  // namespace walferry
