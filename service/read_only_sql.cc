#include "service/read_only_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace walferry {
namespace {

constexpr std::array<std::string_view, 5> selects = {"SELECT", "WITH", "FROM", "VALUES", "TABLE"};
constexpr std::array<std::string_view, 4> descriptions = {"SHOW", "DESCRIBE", "DESC", "SUMMARIZE"};
constexpr std::chrono::milliseconds interrupt_interval{50};
/// Whether a PostgreSQL session's role gets beyond the database.
constexpr const char* mighty_role =
    "SELECT bool_or(pg_has_role(session_user, oid, 'MEMBER')) FROM pg_catalog.pg_roles WHERE rolsuper OR "
    "rolname IN "
    "('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')";
constexpr const char* blanks = " \t\r\n\f\v";

/// Reads the words of a statement, without comments. Only as far as the first words go.
class Words {
 public:
    explicit Words(std::string_view sql) : rest_(sql) {}

    /// The next word in upper case, or the next other character; empty at the end.
    std::string next() {
        skip_blanks();
        std::string word;
        while (!rest_.empty() && is_letter(rest_.front())) take(word);
        if (word.empty() && !rest_.empty()) take(word);
        return word;
    }
    /// After an opening parenthesis: past its closing one.
    void skip_parenthesised() {
        for (int depth = 1; depth > 0 && !rest_.empty(); rest_.remove_prefix(1)) {
            if (rest_.front() == '(') ++depth;
            if (rest_.front() == ')') --depth;
        }
    }

 private:
    static bool is_letter(char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
    }
    void take(std::string& word) {
        const char byte = rest_.front();
        word += byte >= 'a' && byte <= 'z' ? static_cast<char>(byte - 'a' + 'A') : byte;
        rest_.remove_prefix(1);
    }
    void skip_to_after(std::string_view end) {
        const std::size_t at = rest_.find(end);
        rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + end.size());
    }
    void skip_blanks() {
        for (;;) {
            rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size()));
            if (rest_.starts_with("--")) {
                skip_to_after("\n");
            } else if (rest_.starts_with("/*")) {
                skip_to_after("*/");
            } else {
                return;
            }
        }
    }

    std::string_view rest_;
};

template <std::size_t n>
bool is_one_of(const std::string& word, const std::array<std::string_view, n>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::string first_word(Words& words) {
    std::string word = words.next();
    while (word == "(") word = words.next();
    return word;
}

bool is_select(std::string_view sql) {
    Words words(sql);
    return is_one_of(first_word(words), selects);
}

std::string without_end(std::string_view sql) {
    const std::size_t last = sql.find_last_not_of("; \t\r\n\f\v");
    return std::string(sql.substr(0, last == std::string_view::npos ? 0 : last + 1));
}

/// Interrupts the session when time is up or a stop is requested, unless it is destroyed before.
class Deadline {
 public:
    Deadline(WarehouseSession& session, std::optional<std::chrono::milliseconds> time_max,
             std::stop_token stop)
        : thread_([this, &session, time_max, stop](const std::stop_token& done) {
              std::mutex mutex;
              std::condition_variable_any changed;
              const std::stop_callback wake(stop, [&] {
                  const std::lock_guard lock(mutex);
                  changed.notify_all();
              });
              std::unique_lock lock(mutex);
              const auto stopped = [&] { return stop.stop_requested(); };
              if (time_max) {
                  changed.wait_for(lock, done, *time_max, stopped);
              } else {
                  changed.wait(lock, done, stopped);
              }
              if (done.stop_requested()) return;
              passed_ = true;
              // An interrupt that comes before the statement has begun is forgotten: once is not enough.
              while (!done.stop_requested()) {
                  session.interrupt();
                  changed.wait_for(lock, done, interrupt_interval, [] { return false; });
              }
          }) {}
    bool passed() const { return passed_; }

 private:
    std::atomic<bool> passed_{false};
    std::jthread thread_;
};

Result<QueryResult> run(WarehouseSession& session, WarehouseKind kind, const std::string& sql,
                        std::optional<std::uint64_t> rows_max) {
    WALFERRY_TRYV(kind == WarehouseKind::DuckDb ? session.execute("BEGIN TRANSACTION READ ONLY")
                                                : session.begin());
    const bool limited = rows_max && is_select(sql);
    auto result = session.query(
        limited ? fmt::format("SELECT * FROM (\n{}\n) AS answer LIMIT {}", without_end(sql), *rows_max + 1)
                : sql);
    session.rollback();
    if (result && limited && result.value().rows.size() > *rows_max) {
        return Error{ErrorKind::Data, fmt::format("the answer has more than {} rows", *rows_max),
                     "add a LIMIT", ""};
    }
    return result;
}

}  // namespace

std::optional<std::string> query_problem(std::string_view sql) {
    Words words(sql);
    std::string word = first_word(words);
    if (word.empty()) return "the query is empty";
    if (word == "EXPLAIN") {
        for (word = words.next(); word == "ANALYZE" || word == "VERBOSE" || word == "(";
             word = words.next()) {
            if (word == "(") words.skip_parenthesised();
        }
    }
    if (is_one_of(word, selects) || is_one_of(word, descriptions)) return std::nullopt;
    return fmt::format(
        "{} is not for here: only queries are (SELECT, WITH, FROM, VALUES, TABLE, SHOW, DESCRIBE, "
        "SUMMARIZE, EXPLAIN)",
        word);
}

Result<QueryResult> run_read_only(WarehouseSession& session, WarehouseKind kind, const std::string& sql,
                                  const SqlLimits& limits, std::stop_token stop) {
    if (const auto problem = query_problem(sql)) return Error{ErrorKind::Data, *problem, "", ""};
    const Deadline deadline(session, limits.time_max, std::move(stop));
    auto result = run(session, kind, sql, limits.rows_max);
    if (result || !deadline.passed()) return result;
    return Error{ErrorKind::Cancelled,
                 limits.time_max ? fmt::format("the query was ended: it may take {} s at most",
                                               std::chrono::duration<double>(*limits.time_max).count())
                                 : "the query was ended",
                 "", ""};
}

Status close_off(WarehouseSession& session, WarehouseKind kind) {
    if (kind == WarehouseKind::DuckDb) {
        // The lock comes last, so that it says that all is done.
        WALFERRY_TRY(now, session.query("SELECT current_setting('lock_configuration')"));
        if (now.rows.at(0).at(0) == "true") return success();
        return session.execute(
            "SET GLOBAL enable_external_access = false; SET GLOBAL lock_configuration = true");
    }
    WALFERRY_TRY(role, session.query(mighty_role));
    if (!role.rows.empty() && role.rows[0][0] == "f") return success();
    return Error{
        ErrorKind::Permission,
        "the role is a superuser, or may read and write the server's files: queries over HTTP are not run "
        "as one",
        "name another with `http.sql_role`, or use `walferry sql CONFIG`", ""};
}

}  // namespace walferry
