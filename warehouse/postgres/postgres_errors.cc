#include "warehouse/postgres/postgres_errors.h"

#include <fmt/format.h>

#include <array>
#include <cctype>

namespace walferry {
namespace {

struct StateKind {
    std::string_view prefix;
    ErrorKind kind;
};

/// First match wins: single codes before their class.
constexpr std::array kinds = std::to_array<StateKind>({
    {"57P05", ErrorKind::Connection},  // idle session timeout
    {"57P", ErrorKind::Connection},    // shutting down, starting, crashed
    {"57014", ErrorKind::Busy},        // cancelled by somebody else, or by a timeout of the role
    {"08", ErrorKind::Connection},    {"55P03", ErrorKind::Busy},
    {"55006", ErrorKind::Busy},       {"40", ErrorKind::Serialization},
    {"53", ErrorKind::Resource},      {"58030", ErrorKind::Resource},
    {"22P04", ErrorKind::Internal},  // a COPY stream that we built wrongly
    {"22", ErrorKind::Data},          {"23", ErrorKind::Data},
    {"44", ErrorKind::Data},     // check option of a view
    {"54", ErrorKind::Data},     // row or index entry too large
    {"P0001", ErrorKind::Data},  // refused by a trigger
    {"25006", ErrorKind::Permission}, {"28", ErrorKind::Permission},
    {"0P", ErrorKind::Permission},    {"42501", ErrorKind::Permission},
    {"42601", ErrorKind::Internal},  // syntax
    {"3D000", ErrorKind::Schema},     {"3F000", ErrorKind::Schema},
    {"42", ErrorKind::Schema},
});

std::string way_out_of(std::string_view sqlstate, std::string_view hint) {
    if (sqlstate == "25006")
        return "the warehouse is read-only: connect to the primary server, or set "
               "default_transaction_read_only to off for walferry's role";
    if (sqlstate == "42501") return "grant the missing privilege to the role that walferry connects with";
    if (sqlstate == "3D000") return "create the database, or correct the connection string";
    return std::string(hint);
}

std::string trimmed(std::string_view text) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
    return std::string(text);
}

std::string_view field(const PGresult* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? std::string_view() : text;
}

bool is_sqlstate(std::string_view text) {
    if (text.size() != 5) return false;
    for (const char c : text)
        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z')) return false;
    return true;
}

}  // namespace

ErrorKind warehouse_error_kind(std::string_view sqlstate) {
    for (const StateKind& entry : kinds)
        if (sqlstate.starts_with(entry.prefix)) return entry.kind;
    return ErrorKind::Internal;
}

Error error_of(PGconn* connection, const PGresult* result) {
    const std::string_view sqlstate =
        result == nullptr ? std::string_view() : field(result, PG_DIAG_SQLSTATE);
    const bool lost = PQstatus(connection) == CONNECTION_BAD;
    if (sqlstate.empty()) {
        std::string message = trimmed(result == nullptr ? "" : PQresultErrorMessage(result));
        if (message.empty()) message = trimmed(PQerrorMessage(connection));
        if (message.empty()) message = "the server sent an answer that was not expected";
        return Error{.kind = lost ? ErrorKind::Connection : ErrorKind::Internal,
                     .message = std::move(message),
                     .way_out = {},
                     .sqlstate = {}};
    }
    std::string message(field(result, PG_DIAG_MESSAGE_PRIMARY));
    if (const auto detail = field(result, PG_DIAG_MESSAGE_DETAIL); !detail.empty())
        message += fmt::format(": {}", detail);
    if (const auto context = field(result, PG_DIAG_CONTEXT); !context.empty())
        message += fmt::format(" ({})", context);
    return Error{.kind = lost ? ErrorKind::Connection : warehouse_error_kind(sqlstate),
                 .message = std::move(message),
                 .way_out = way_out_of(sqlstate, field(result, PG_DIAG_MESSAGE_HINT)),
                 .sqlstate = std::string(sqlstate)};
}

Error error_of_connect(PGconn* connection) {
    const std::string whole = trimmed(PQerrorMessage(connection));
    // `… failed: FATAL:  28P01: password authentication failed for user "x"`, then a LOCATION line. The last
    // one counts: with several hosts it is that of the last.
    std::string sqlstate;
    std::string message = whole;
    for (std::size_t at = whole.find(":  "); at != std::string::npos; at = whole.find(":  ", at + 1)) {
        const std::string_view rest = std::string_view(whole).substr(at + 3);
        if (rest.size() < 7 || rest.substr(5, 2) != ": " || !is_sqlstate(rest.substr(0, 5))) continue;
        sqlstate = rest.substr(0, 5);
        message = trimmed(rest.substr(7, rest.find('\n') - 7));
    }
    const bool no_password = PQconnectionNeedsPassword(connection) != 0;
    const ErrorKind kind = !sqlstate.empty() ? warehouse_error_kind(sqlstate)
                           : no_password     ? ErrorKind::Permission
                                             : ErrorKind::Connection;
    std::string way_out = way_out_of(sqlstate, {});
    return Error{.kind = kind,
                 .message = std::move(message),
                 .way_out = std::move(way_out),
                 .sqlstate = std::move(sqlstate)};
}

}  // namespace walferry
