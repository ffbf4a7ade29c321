#include "warehouse/postgres/postgres_connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <map>
#include <vector>

#include "warehouse/postgres/postgres_errors.h"

namespace walferry {
namespace {

using Clock = std::chrono::steady_clock;
using Keywords = std::map<std::string, std::string>;

constexpr const char* session_settings =
    " -c synchronous_commit=on -c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=3"
    " -c timezone=UTC -c bytea_output=hex -c lc_monetary=C -c array_nulls=on -c xmloption=content"
    " -c standard_conforming_strings=on"
    " -c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c lock_timeout=60s";

Result<Keywords> parse_keywords(const std::string& connection) {
    char* problem = nullptr;
    PQconninfoOption* parsed = PQconninfoParse(connection.c_str(), &problem);
    if (parsed == nullptr) {
        std::string message = problem == nullptr ? "out of memory" : problem;
        PQfreemem(problem);
        while (!message.empty() && message.back() == '\n') message.pop_back();
        return Error{.kind = ErrorKind::Configuration,
                     .message = "the warehouse's connection string is not valid: " + message,
                     .way_out = {},
                     .sqlstate = {}};
    }
    Keywords keywords;
    for (const PQconninfoOption* option = parsed; option->keyword != nullptr; ++option)
        if (option->val != nullptr) keywords[option->keyword] = option->val;
    PQconninfoFree(parsed);
    return keywords;
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// The user's keywords with ours: settings that correctness rests on come last and win, the rest are
/// defaults.
void add_session_keywords(Keywords& keywords, const PostgresWarehouseOptions& warehouse) {
    const auto user_options = keywords.find("options");
    std::string options = user_options == keywords.end() ? environment("PGOPTIONS") : user_options->second;
    options += session_settings;
    // Compiling our short statements takes longer than running them; a user's queries are another matter.
    options += warehouse.read_only ? " -c default_transaction_read_only=on" : " -c jit=off";
    keywords["options"] = options;
    if (!warehouse.user.empty()) {
        keywords["user"] = warehouse.user;
        keywords["password"] = "";  // keeps PGPASSWORD out as well; a passfile goes by the user
    }
    keywords["client_encoding"] = "UTF8";
    keywords.try_emplace("fallback_application_name", "walferry");
    if (!warehouse.pipeline.empty()) keywords["application_name"] = "walferry " + warehouse.pipeline;
    if (environment("PGCONNECT_TIMEOUT").empty()) keywords.try_emplace("connect_timeout", "10");
    keywords.try_emplace("keepalives", "1");
    keywords.try_emplace("keepalives_idle", "30");
    keywords.try_emplace("keepalives_interval", "10");
    keywords.try_emplace("keepalives_count", "3");
    keywords.try_emplace("tcp_user_timeout", "60000");
}

std::chrono::seconds connect_timeout(const Keywords& keywords) {
    const auto set = keywords.find("connect_timeout");
    const std::string text = set == keywords.end() ? environment("PGCONNECT_TIMEOUT") : set->second;
    const long seconds = std::strtol(text.c_str(), nullptr, 10);
    if (seconds <= 0) return std::chrono::hours(1);
    return std::chrono::seconds(seconds < 2 ? 2 : seconds);  // libpq's own minimum
}

std::string current_host(PGconn* connection) {
    const char* host = PQhost(connection);
    const char* port = PQport(connection);
    return std::string(host == nullptr ? "" : host) + ":" + (port == nullptr ? "" : port);
}

/// What PQconnectdb does inside. It is done here because the verbosity, which brings the SQLSTATE into the
/// message, can only be set between start and end.
Status finish_connecting(PGconn* connection, std::chrono::seconds timeout) {
    PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
    std::string host = current_host(connection);
    auto deadline = Clock::now() + timeout;
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (PQstatus(connection) != CONNECTION_BAD) {
        if (std::string now = current_host(connection); now != host) {
            host = std::move(now);
            deadline = Clock::now() + timeout;
        }
        pollfd wait{.fd = PQsocket(connection),
                    .events = static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT),
                    .revents = 0};
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        const int ready = left.count() <= 0 ? 0 : ::poll(&wait, 1, static_cast<int>(left.count()));
        if (ready < 0 && errno == EINTR) continue;
        if (ready == 0)
            return Error{.kind = ErrorKind::Connection,
                         .message = "no answer from " + host + " within the connect timeout",
                         .way_out = {},
                         .sqlstate = {}};
        state = PQconnectPoll(connection);
        if (state == PGRES_POLLING_FAILED) break;
        if (state != PGRES_POLLING_OK) continue;
        PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
        return success();
    }
    return error_of_connect(connection);
}

}  // namespace

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(
    const PostgresWarehouseOptions& options) {
    WALFERRY_TRY(keywords, parse_keywords(options.connection));
    add_session_keywords(keywords, options);
    std::vector<const char*> names;
    std::vector<const char*> values;
    for (const auto& [name, value] : keywords) {
        names.push_back(name.c_str());
        values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection(
        PQconnectStartParams(names.data(), values.data(), 0), &PQfinish);
    if (connection == nullptr)
        return Error{.kind = ErrorKind::Resource,
                     .message = "out of memory for a connection",
                     .way_out = {},
                     .sqlstate = {}};
    WALFERRY_TRYV(finish_connecting(connection.get(), connect_timeout(keywords)));
    PQsetnonblocking(connection.get(), 0);
    // Notices would go to stderr, between the log lines.
    PQsetNoticeProcessor(
        connection.get(), [](void*, const char*) {}, nullptr);
    std::unique_ptr<PostgresConnection> opened(new PostgresConnection(connection.release()));
    // A role may have a limit that a large transaction must not end at; older servers refuse it at connect.
    constexpr int version_with_transaction_timeout = 170000;
    if (PQserverVersion(opened->get()) >= version_with_transaction_timeout) {
        const PostgresResult set(PQexec(opened->get(), "SET transaction_timeout = 0"));
        if (PQresultStatus(set.get()) != PGRES_COMMAND_OK) return opened->error(set.get());
    }
    return opened;
}

PostgresConnection::PostgresConnection(PGconn* connection)
    : connection_(connection), cancel_(PQgetCancel(connection)), socket_(::dup(PQsocket(connection))) {}

PostgresConnection::~PostgresConnection() {
    PQfinish(connection_);
    PQfreeCancel(cancel_);
    if (socket_ >= 0) ::close(socket_);
}

void PostgresConnection::interrupt() {
    interrupted_.store(true, std::memory_order_release);
    if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
    // The server would notice the closed socket only when it sends something: free its locks now.
    char unused[256];
    if (cancel_ != nullptr) PQcancel(cancel_, unused, sizeof unused);
}

Error PostgresConnection::error(const PGresult* result) const {
    if (interrupted())
        return Error{.kind = ErrorKind::Cancelled,
                     .message = "the warehouse session was interrupted",
                     .way_out = {},
                     .sqlstate = {}};
    return error_of(connection_, result);
}

}  // namespace walferry
