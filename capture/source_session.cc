#include "capture/source_session.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <pqxx/pqxx>

namespace walferry {

namespace {

/// Text output depends on these (docs of each type's output function). search_path is empty so that names in
/// it come qualified; with row_security off a table under policies is an error instead of a copy with rows
/// missing. To compile a catalog query (jit) takes much longer than to run it.
constexpr std::string_view session_options =
    "-c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=3 -c timezone=UTC -c bytea_output=hex "
    "-c lc_monetary=C -c search_path= -c standard_conforming_strings=on -c row_security=off "
    "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c jit=off";

/// One line, without what libpq adds for terminals.
std::string one_line(std::string_view text) {
    std::string line;
    for (const char letter : text) {
        const bool space = letter == '\n' || letter == '\r' || letter == '\t';
        if (!space) line += letter;
        if (space && !line.empty() && line.back() != ' ') line += ' ';
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

std::string* find(ConnectionParameters& parameters, std::string_view keyword) {
    const auto found = std::find_if(parameters.begin(), parameters.end(),
                                    [&](const auto& pair) { return pair.first == keyword; });
    return found == parameters.end() ? nullptr : &found->second;
}

void replace(ConnectionParameters& parameters, std::string keyword, std::string value) {
    if (std::string* present = find(parameters, keyword)) {
        *present = std::move(value);
    } else {
        parameters.emplace_back(std::move(keyword), std::move(value));
    }
}

void add_default(ConnectionParameters& parameters, std::string keyword, std::string value,
                 const char* variable = nullptr) {
    if (find(parameters, keyword) != nullptr) return;
    if (variable != nullptr && std::getenv(variable) != nullptr) return;
    parameters.emplace_back(std::move(keyword), std::move(value));
}

/// Ours come last: of a setting given twice the server takes the last.
void add_session_options(ConnectionParameters& parameters) {
    std::string options;
    if (const std::string* given = find(parameters, "options")) {
        options = *given + " ";
    } else if (const char* variable = std::getenv("PGOPTIONS")) {
        options = std::string(variable) + " ";
    }
    options += session_options;
    replace(parameters, "options", std::move(options));
}

/// The SQLSTATE in a message of verbosity VERBOSE, `FATAL:  28P01: password …`: the last one, for with
/// several hosts the last was tried last.
std::string sqlstate_in(std::string_view message) {
    constexpr std::size_t length = 5;
    const auto is_state = [](std::string_view text) {
        return std::all_of(text.begin(), text.end(),
                           [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
    };
    std::string found;
    for (std::size_t at = message.find(":  "); at != std::string_view::npos;
         at = message.find(":  ", at + 1)) {
        const std::string_view rest = message.substr(at + 3);
        if (rest.size() > length && rest[length] == ':' && is_state(rest.substr(0, length)))
            found = rest.substr(0, length);
    }
    return found;
}

Error connect_error(const std::string& message, const std::string& sqlstate, bool needs_password) {
    Error error{ErrorKind::Connection, one_line(message), "", sqlstate};
    if (!sqlstate.empty()) error.kind = kind_of_sqlstate(sqlstate);
    if (needs_password) error.kind = ErrorKind::Permission;
    if (error.message.empty()) error.message = "libpq could not connect and did not say why";
    return error;
}

}  // namespace

Result<ConnectionParameters> source_parameters(const std::string& connection) {
    char* complaint = nullptr;
    PQconninfoOption* options = PQconninfoParse(connection.c_str(), &complaint);
    if (options == nullptr) {
        const std::string seen = complaint == nullptr ? "out of memory" : one_line(complaint);
        PQfreemem(complaint);
        return Error{ErrorKind::Configuration, fmt::format("the connection string is not valid: {}", seen),
                     "see PostgreSQL's documentation, Connection Strings", ""};
    }
    ConnectionParameters parameters;
    for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
        if (option->val == nullptr || std::string_view(option->keyword) == "replication") continue;
        parameters.emplace_back(option->keyword, option->val);
    }
    PQconninfoFree(options);

    add_session_options(parameters);
    replace(parameters, "client_encoding", "UTF8");
    add_default(parameters, "fallback_application_name", "walferry");
    add_default(parameters, "connect_timeout", "10", "PGCONNECT_TIMEOUT");
    add_default(parameters, "keepalives_idle", "30");
    add_default(parameters, "keepalives_interval", "10");
    add_default(parameters, "keepalives_count", "3");
    add_default(parameters, "tcp_user_timeout", "60000");
    return parameters;
}

Result<ConnectionParameters> replication_parameters(const std::string& connection) {
    WALFERRY_TRY(parameters, source_parameters(connection));
    parameters.emplace_back("replication", "database");
    return std::move(parameters);
}

std::string conninfo(const ConnectionParameters& parameters) {
    std::string text;
    for (const auto& [keyword, value] : parameters) {
        text += text.empty() ? "" : " ";
        text += keyword + "='";
        for (const char letter : value) {
            if (letter == '\'' || letter == '\\') text += '\\';
            text += letter;
        }
        text += '\'';
    }
    return text;
}

void PgConnectionCloser::operator()(pg_conn* connection) const noexcept {
    PQfinish(connection);
}

void PgResultCloser::operator()(pg_result* result) const noexcept {
    PQclear(result);
}

/// What the server says besides: its warnings (a standby's slot that the stream waits for, say) are an
/// operator's business. Without this, libpq writes to stderr.
static void log_notice(void*, const PGresult* notice) {
    const auto field = [&](int code) {
        const char* text = PQresultErrorField(notice, code);
        return std::string_view(text == nullptr ? "" : text);
    };
    const auto level =
        field(PG_DIAG_SEVERITY_NONLOCALIZED) == "WARNING" ? spdlog::level::warn : spdlog::level::debug;
    spdlog::log(level, "the source says: {} {}", field(PG_DIAG_MESSAGE_PRIMARY),
                field(PG_DIAG_MESSAGE_DETAIL));
}

static Result<PgConnection> without_time_limit(PgConnection connection) {
    if (PQserverVersion(connection.get()) < version_with_transaction_timeout) return connection;
    const PgResult set(PQexec(connection.get(), "SET transaction_timeout = 0"));
    if (PQresultStatus(set.get()) != PGRES_COMMAND_OK) return source_error(set.get(), connection.get());
    return connection;
}

Result<PgConnection> connect_source(const ConnectionParameters& parameters) {
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (const auto& [keyword, value] : parameters) {
        keywords.push_back(keyword.c_str());
        values.push_back(value.c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);

    using Clock = std::chrono::steady_clock;
    const auto began = Clock::now();
    PgConnection connection(PQconnectdbParams(keywords.data(), values.data(), 0));
    if (!connection) return Error{ErrorKind::Resource, "out of memory while connecting", "", ""};
    PQsetNoticeReceiver(connection.get(), log_notice, nullptr);
    if (PQstatus(connection.get()) == CONNECTION_OK) return without_time_limit(std::move(connection));

    // libpq gives no SQLSTATE for a refused connection, but its messages can carry one: ask once more for
    // that. Not where the first attempt ran into a timeout; there was no answer that could hold one.
    const std::string message = PQerrorMessage(connection.get());
    const bool needs_password = PQconnectionNeedsPassword(connection.get()) != 0;
    if (needs_password || Clock::now() - began > std::chrono::seconds(2))
        return connect_error(message, "", needs_password);
    PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
    PQreset(connection.get());
    if (PQstatus(connection.get()) != CONNECTION_OK)
        return connect_error(message, sqlstate_in(PQerrorMessage(connection.get())), false);
    PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
    return without_time_limit(std::move(connection));
}

ErrorKind kind_of_sqlstate(std::string_view sqlstate) {
    const std::string_view family = sqlstate.substr(0, 2);
    if (sqlstate == "57014") return ErrorKind::Cancelled;
    if (sqlstate == "25P03" || family == "08" || family == "57") return ErrorKind::Connection;
    if (sqlstate == "55006" || sqlstate == "55P03") return ErrorKind::Busy;
    if (sqlstate == "55000" || sqlstate == "58P01" || sqlstate == "XX001" || sqlstate == "XX002")
        return ErrorKind::Refused;
    if (sqlstate == "42501" || family == "28") return ErrorKind::Permission;
    if (sqlstate == "3D000") return ErrorKind::Configuration;
    if (sqlstate == "42P01" || sqlstate == "42703" || sqlstate == "42704" || family == "3F")
        return ErrorKind::Schema;
    if (family == "40") return ErrorKind::Serialization;
    if (family == "53" || family == "58") return ErrorKind::Resource;
    if (family == "22" || family == "23") return ErrorKind::Data;
    return ErrorKind::Internal;
}

Error source_error(const pg_result* result, const pg_conn* connection) {
    const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (state != nullptr) {
        const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        const char* detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
        Error error{kind_of_sqlstate(state), primary == nullptr ? "" : one_line(primary), "", state};
        if (detail != nullptr) error.message += fmt::format(" ({})", one_line(detail));
        return error;
    }
    std::string message = one_line(PQerrorMessage(connection));
    const bool broken = result == nullptr || PQstatus(connection) == CONNECTION_BAD;
    if (message.empty()) message = "the server closed the connection";
    return Error{broken ? ErrorKind::Connection : ErrorKind::Internal, std::move(message), "", ""};
}

Error source_error(const std::exception& thrown) {
    const std::string message = one_line(thrown.what());
    if (const auto* sql = dynamic_cast<const pqxx::sql_error*>(&thrown)) {
        const std::string state = sql->sqlstate();
        // libpqxx 6 throws sql_error without a state where the connection broke under the statement.
        if (state.empty()) return Error{ErrorKind::Connection, message, "", ""};
        return Error{kind_of_sqlstate(state), message, "", state};
    }
    if (dynamic_cast<const pqxx::broken_connection*>(&thrown) != nullptr)
        return Error{ErrorKind::Connection, message, "", ""};
    return Error{ErrorKind::Internal, message, "", ""};
}

}  // namespace walferry
