#include "capture/source_query.h"

#include <fmt/format.h>

#include <cstdlib>

#include "capture/catalog_sql.h"
#include "capture/snapshot/snapshot_connection.h"
#include "model/quote.h"

namespace walferry {
namespace {

/// One core, no surprises: a scan shares the server with those for whom it is there. The plan is that of
/// whoever reads all rows.
constexpr const char* settings =
    "SET max_parallel_workers_per_gather = 0; SET work_mem = '64MB'; SET cursor_tuple_fraction = 1; "
    "SET jit = off; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; "
    "SET default_transaction_read_only = on";

Error unreadable(const char* what) {
    return Error{ErrorKind::Protocol, std::string("the source's answer can't be read: ") + what, "", ""};
}

class PostgresSourceQuery : public SourceQuery {
 public:
    explicit PostgresSourceQuery(std::unique_ptr<SnapshotConnection> connection)
        : connection_(std::move(connection)) {}

    Result<TextRows> rows(const std::string& sql) override {
        WALFERRY_TRY(result, connection_->run(sql));
        TextRows rows;
        const int columns = PQnfields(result.get());
        rows.resize(static_cast<std::size_t>(PQntuples(result.get())));
        for (int row = 0; row < PQntuples(result.get()); ++row) {
            auto& values = rows[static_cast<std::size_t>(row)];
            values.reserve(static_cast<std::size_t>(columns));
            for (int column = 0; column < columns; ++column) {
                if (PQgetisnull(result.get(), row, column)) {
                    values.emplace_back();
                } else {
                    values.emplace_back(std::in_place, PQgetvalue(result.get(), row, column),
                                        static_cast<std::size_t>(PQgetlength(result.get(), row, column)));
                }
            }
        }
        return rows;
    }

    int server_version() const override { return PQserverVersion(connection_->get()); }

    Result<Lsn> insert_position() override {
        WALFERRY_TRY(found, rows("SELECT i, i > pg_catalog.pg_current_wal_flush_lsn() FROM "
                                 "pg_catalog.pg_current_wal_insert_lsn() AS i"));
        const auto position = parse_lsn(found.at(0).at(0).value_or(""));
        if (!position) return unreadable("its log position");
        // What a mere reader's pruning wrote can wait for seconds until it is flushed, and so sent: a commit
        // wakes the server's WAL writer.
        if (found[0].at(1) == "t") {
            WALFERRY_TRYV(rows("SELECT pg_catalog.txid_current()"));
        }
        return *position;
    }

    Result<std::vector<SourceHeap>> heaps(const SourceTable& table) override {
        WALFERRY_TRY(
            found, rows(fmt::format("SELECT n.nspname, heap.relname, pg_catalog.pg_relation_size(heap.oid) / "
                                    "pg_catalog.current_setting('block_size')::int8, heap.reltuples::int8 "
                                    "FROM {} JOIN pg_catalog.pg_namespace n ON n.oid = heap.relnamespace "
                                    "WHERE heap.relkind = 'r' ORDER BY heap.oid",
                                    leaves_of(fmt::format("{}::oid", table.id)))));
        std::vector<SourceHeap> heaps;
        for (const auto& row : found) {
            heaps.push_back({row.at(0).value_or(""), row.at(1).value_or(""),
                             std::strtoull(row.at(2).value_or("0").c_str(), nullptr, 10),
                             std::strtoll(row.at(3).value_or("-1").c_str(), nullptr, 10)});
        }
        return heaps;
    }

    Result<std::string> writers(const SourceTable& table) override {
        WALFERRY_TRY(found, rows(locks_sql("SELECT pg_catalog.array_agg(DISTINCT l.virtualtransaction)::text",
                                           table, "")));
        return found.at(0).at(0).value_or("");
    }

    Result<bool> any_left(const std::string& writers, const SourceTable& table) override {
        if (writers.empty()) return false;
        WALFERRY_TRY(found, rows(locks_sql("SELECT 1", table,
                                           fmt::format(" AND l.virtualtransaction = ANY({}::text[]) LIMIT 1",
                                                       quote_literal(writers)))));
        return !found.empty();
    }

    void interrupt() override { connection_->interrupt(); }

 private:
    /// Of all modes that allow to write, on the table or any part of it.
    static std::string locks_sql(const char* select, const SourceTable& table, const std::string& more) {
        return fmt::format(
            "{} FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.granted AND l.mode IN "
            "('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') AND "
            "l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = "
            "pg_catalog.current_database()) AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid() AND "
            "(l.relation = {}::oid OR l.relation IN (SELECT heap.oid FROM {})){}",
            select, table.id, leaves_of(fmt::format("{}::oid", table.id)), more);
    }

    std::unique_ptr<SnapshotConnection> connection_;
};

}  // namespace

Result<std::unique_ptr<SourceQuery>> open_source_query(const std::string& connection) {
    WALFERRY_TRY(session, SnapshotConnection::open(connection));
    WALFERRY_TRYV(session->run(settings));
    return std::unique_ptr<SourceQuery>(std::make_unique<PostgresSourceQuery>(std::move(session)));
}

std::string source_from(const SourceTable& table) {
    return fmt::format("{}{}.{}", table.kind == 'p' ? "" : "ONLY ", quote_identifier(table.schema),
                       quote_identifier(table.name));
}

}  // namespace walferry
