#include "capture/pgoutput/replication_connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <spdlog/spdlog.h>

#include <array>
#include <charconv>
#include <chrono>

#include "model/byte_order.h"
#include "model/quote.h"

namespace walferry {

namespace {

/// The server's clock: microseconds since 2000-01-01 UTC.
PgTime pg_time_now() {
    using namespace std::chrono;
    constexpr auto epoch = sys_days{year{2000} / 1 / 1};
    return duration_cast<microseconds>(system_clock::now() - epoch).count();
}

template <class T>
std::optional<T> parse_number(std::string_view text) {
    T value{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

Error unexpected_answer(std::string_view command) {
    return Error{ErrorKind::Protocol, fmt::format("the server's answer to {} could not be read", command), "",
                 ""};
}

std::string_view cell(const PgResult& result, int column) {
    if (PQntuples(result.get()) < 1 || PQnfields(result.get()) <= column) return {};
    return {PQgetvalue(result.get(), 0, column),
            static_cast<std::size_t>(PQgetlength(result.get(), 0, column))};
}

/// What errors mean once a slot is being streamed from: a slot or publication that is not there would
/// otherwise look like a wrong schema.
Error streaming_error(Error error, const std::string& slot) {
    if (error.sqlstate == "42704") error.kind = ErrorKind::Refused;
    if (error.kind == ErrorKind::Busy) error.way_out = "stop the process that uses the slot, or wait for it";
    return error.in(fmt::format("replication slot {}", quote_identifier(slot)));
}

}  // namespace

void ReplicationConnection::BufferCloser::operator()(char* buffer) const noexcept {
    PQfreemem(buffer);
}

Result<ReplicationConnection> ReplicationConnection::open(const std::string& connection) {
    WALFERRY_TRY(parameters, replication_parameters(connection));
    WALFERRY_TRY(opened, connect_source(parameters));
    return ReplicationConnection(std::move(opened));
}

int ReplicationConnection::server_version() const {
    return PQserverVersion(connection_.get());
}

Result<PgResult> ReplicationConnection::query(const std::string& command) {
    return checked(PgResult(PQexec(connection_.get(), command.c_str())));
}

Result<PgResult> ReplicationConnection::checked(PgResult result) {
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_COPY_BOTH) return result;
    Error error = source_error(result.get(), connection_.get());
    // What we cancel we do not wait for: it was somebody else.
    if (error.kind == ErrorKind::Cancelled) error.kind = ErrorKind::Connection;
    return error;
}

/// A command that may take as long as other people's transactions. Asked to stop, it is cancelled at the
/// server and the connection is of no more use.
Result<PgResult> ReplicationConnection::query_patiently(const std::string& command, std::stop_token stop) {
    using std::chrono::steady_clock;
    constexpr int look_ms = 100;
    constexpr std::chrono::seconds word_interval{10};
    auto word = steady_clock::now() + word_interval;
    if (PQsendQuery(connection_.get(), command.c_str()) == 0) return source_error(nullptr, connection_.get());
    while (PQisBusy(connection_.get()) != 0) {
        pollfd readable{PQsocket(connection_.get()), POLLIN, 0};
        ::poll(&readable, 1, look_ms);
        if (PQconsumeInput(connection_.get()) == 0) return source_error(nullptr, connection_.get());
        if (stop.stop_requested()) {
            const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> cancel(PQgetCancel(connection_.get()),
                                                                            PQfreeCancel);
            char problem[256];
            if (cancel != nullptr) PQcancel(cancel.get(), problem, sizeof problem);
            return Error{ErrorKind::Cancelled, "asked to stop", "", ""};
        }
        if (steady_clock::now() < word) continue;
        word = steady_clock::now() + word_interval;
        spdlog::warn(
            "the source waits for transactions that were running already (pg_stat_activity.backend_xid) "
            "before it goes on with: {}",
            command);
    }
    PgResult result(PQgetResult(connection_.get()));
    while (const PgResult rest{PQgetResult(connection_.get())}) {
    }
    return checked(std::move(result));
}

Result<SystemIdentification> ReplicationConnection::identify_system() {
    WALFERRY_TRY(result, query("IDENTIFY_SYSTEM"));
    const auto identifier = parse_number<std::uint64_t>(cell(result, 0));
    const auto timeline = parse_number<std::uint32_t>(cell(result, 1));
    const auto position = parse_lsn(cell(result, 2));
    if (!identifier || !timeline || !position) return unexpected_answer("IDENTIFY_SYSTEM");
    return SystemIdentification{*identifier, *timeline, *position};
}

Result<std::string> ReplicationConnection::timeline_history(std::uint32_t timeline) {
    WALFERRY_TRY(result, query(fmt::format("TIMELINE_HISTORY {}", timeline)));
    if (PQntuples(result.get()) != 1 || PQnfields(result.get()) < 2)
        return unexpected_answer("TIMELINE_HISTORY");
    return std::string(cell(result, 1));
}

Result<ReplicationConnection::CreatedSlot> ReplicationConnection::create_slot(const std::string& slot,
                                                                              bool export_snapshot,
                                                                              std::stop_token stop) {
    constexpr int parenthesised_options = 150000;
    constexpr int failover_slots = 170000;
    std::string options = export_snapshot ? "EXPORT_SNAPSHOT" : "NOEXPORT_SNAPSHOT";
    const std::string snapshot = export_snapshot ? "SNAPSHOT 'export'" : "SNAPSHOT 'nothing'";
    if (server_version() >= parenthesised_options) options = fmt::format("({})", snapshot);
    if (server_version() >= failover_slots) {
        // A standby refuses to create slots with FAILOVER.
        WALFERRY_TRY(standby, query("SELECT pg_catalog.pg_is_in_recovery()"));
        if (cell(standby, 0) == "f") options = fmt::format("({}, FAILOVER true)", snapshot);
    }
    auto result = query_patiently(
        fmt::format("CREATE_REPLICATION_SLOT {} LOGICAL pgoutput {}", quote_identifier(slot), options), stop);
    if (result.has_error()) {
        Error error = std::move(result).error();
        if (error.sqlstate == "42710") error.kind = ErrorKind::Refused;
        return error.in(fmt::format("creating replication slot {}", quote_identifier(slot)));
    }
    const auto consistent_point = parse_lsn(cell(result.value(), 1));
    if (!consistent_point) return unexpected_answer("CREATE_REPLICATION_SLOT");
    return CreatedSlot{*consistent_point, std::string(cell(result.value(), 2))};
}

Status ReplicationConnection::start_streaming(const std::string& slot, const std::string& publication,
                                              Lsn start, bool messages) {
    constexpr int sends_messages = 140000;
    const bool asked = messages && server_version() >= sends_messages;
    // publication_names is a list of identifiers inside a string literal.
    auto result =
        query(fmt::format("START_REPLICATION SLOT {} LOGICAL {} (proto_version '1', publication_names {}{})",
                          quote_identifier(slot), to_string(start),
                          quote_literal(quote_identifier(publication)), asked ? ", messages 'true'" : ""));
    if (result.has_error()) return streaming_error(std::move(result).error(), slot);
    if (PQresultStatus(result.value().get()) != PGRES_COPY_BOTH)
        return unexpected_answer("START_REPLICATION");
    if (PQsetnonblocking(connection_.get(), 1) != 0) return source_error(nullptr, connection_.get());
    return success();
}

/// Length of the payload that was taken, 0 when there is none yet.
Result<std::size_t> ReplicationConnection::read_payload() {
    char* buffer = nullptr;
    const int length = PQgetCopyData(connection_.get(), &buffer, 1);
    payload_.reset(buffer);
    if (length < 0) return end_of_stream();
    return static_cast<std::size_t>(length);
}

Result<std::optional<std::string_view>> ReplicationConnection::receive() {
    // Under TLS a part of a record can wait decrypted where no poll sees it: ask until all of one is out (16
    // kB a record, at least 8 kB a read).
    const int attempts = PQsslInUse(connection_.get()) != 0 ? 3 : 1;
    for (int attempt = 0;; ++attempt) {
        WALFERRY_TRY(length, read_payload());
        if (length > 0) return std::optional(std::string_view(payload_.get(), length));
        if (attempt == attempts) return std::optional<std::string_view>();
        if (PQconsumeInput(connection_.get()) != 0) continue;
        // What came before the connection broke is still to be read, the server's farewell among it.
        const Error broken = source_error(nullptr, connection_.get());
        WALFERRY_TRY(rest, read_payload());
        if (rest == 0) return broken;
        return std::optional(std::string_view(payload_.get(), rest));
    }
}

Error ReplicationConnection::end_of_stream() {
    const PgResult result(PQgetResult(connection_.get()));
    const ExecStatusType status = PQresultStatus(result.get());
    const bool orderly =
        result && (status == PGRES_COMMAND_OK || status == PGRES_COPY_IN || status == PGRES_COPY_OUT);
    if (orderly) return Error{ErrorKind::Connection, "the server ended the stream", "", ""};
    Error error = source_error(result.get(), connection_.get());
    if (error.sqlstate == "42704") error.kind = ErrorKind::Refused;
    // We never cancel a walsender: somebody else did.
    if (error.kind == ErrorKind::Cancelled) error.kind = ErrorKind::Connection;
    return error.in("the server ended the stream");
}

Status ReplicationConnection::send_status(Lsn durable, bool reply_requested) {
    std::array<char, 1 + 4 * 8 + 1> update{};
    update[0] = 'r';
    for (std::size_t at : {1, 9, 17}) store_big_endian(update.data() + at, durable.value);
    store_big_endian(update.data() + 25, pg_time_now());
    update[33] = reply_requested ? 1 : 0;
    const int sent = PQputCopyData(connection_.get(), update.data(), static_cast<int>(update.size()));
    if (sent < 0) return source_error(nullptr, connection_.get());
    return flush();
}

Status ReplicationConnection::flush() {
    if (PQflush(connection_.get()) < 0) return source_error(nullptr, connection_.get());
    return success();
}

int ReplicationConnection::descriptor() const {
    return PQsocket(connection_.get());
}

Result<std::optional<Lsn>> switch_point(std::string_view history, std::uint32_t timeline) {
    while (!history.empty()) {
        const auto length = std::min(history.find('\n'), history.size());
        std::string_view line = history.substr(0, length);
        history.remove_prefix(std::min(length + 1, history.size()));
        line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
        if (line.empty() || line.front() == '#') continue;
        const auto tab = std::min(line.find('\t'), line.size());
        const auto number = parse_number<std::uint32_t>(line.substr(0, tab));
        const std::string_view rest = line.substr(std::min(tab + 1, line.size()));
        const auto position = parse_lsn(rest.substr(0, rest.find_first_of("\t \r")));
        if (!number || !position)
            return Error{ErrorKind::Protocol, fmt::format("a timeline history with the line \"{}\"", line),
                         "", ""};
        if (*number == timeline) return std::optional(*position);
    }
    return std::optional<Lsn>();
}

}  // namespace walferry
