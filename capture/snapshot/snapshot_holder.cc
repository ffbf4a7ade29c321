#include <fmt/format.h>

#include <cstdlib>

#include "capture/snapshot/copy_select.h"
#include "capture/snapshot/snapshot_connection.h"
#include "capture/snapshot/snapshot_reader.h"
#include "model/quote.h"

namespace walferry {
namespace {

constexpr int version_with_ctid_ranges = 140000;
constexpr int version_with_pg_snapshot = 130000;

Error schema_error(std::string message) {
    return Error{.kind = ErrorKind::Schema, .message = std::move(message), .way_out = {}, .sqlstate = {}};
}

std::string text_at(const PgResult& result, int row, int column) {
    return PQgetvalue(result.get(), row, column);
}

struct SnapshotFacts {
    std::string name;
    std::string text;
    Snapshot snapshot;
    Lsn position;
    PgTime time = 0;
};

class PostgresSnapshotHolder : public SnapshotHolder {
 public:
    PostgresSnapshotHolder(std::unique_ptr<SnapshotConnection> connection, SnapshotFacts facts)
        : connection_(std::move(connection)), facts_(std::move(facts)) {}

    const std::string& name() const override { return facts_.name; }
    const std::string& text() const override { return facts_.text; }
    const Snapshot& snapshot() const override { return facts_.snapshot; }
    Lsn position() const override { return facts_.position; }
    PgTime time() const override { return facts_.time; }

    Result<std::vector<CopyChunk>> plan(const SourceTable& table, std::uint32_t pages) override {
        // A root has no heap of its own: its leaves have.
        const std::string members =
            table.kind == 'p'
                ? fmt::format(
                      "(SELECT relid::oid AS id FROM pg_catalog.pg_partition_tree({}::oid::regclass) "
                      "WHERE isleaf)",
                      table.id)
                : fmt::format("(SELECT {}::oid AS id)", table.id);
        WALFERRY_TRY(
            heaps, connection_->run(fmt::format(
                       "SELECT c.oid, n.nspname, c.relname, c.relkind, pg_catalog.pg_relation_size(c.oid) / "
                       "pg_catalog.current_setting('block_size')::int8 "
                       "FROM {} m JOIN pg_catalog.pg_class c ON c.oid = m.id "
                       "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace ORDER BY c.oid",
                       members)));
        std::vector<CopyChunk> chunks;
        const bool by_ctid = PQserverVersion(connection_->get()) >= version_with_ctid_ranges;
        for (int row = 0; row < PQntuples(heaps.get()); ++row) {
            const std::string kind = text_at(heaps, row, 3);
            if (kind == "p") continue;  // a root without any partition is its own leaf
            if (kind != "r")
                return schema_error(
                    fmt::format("{}.{}, a part of {}, is no ordinary table: its rows can't be copied",
                                text_at(heaps, row, 1), text_at(heaps, row, 2), table.qualified_name()));
            const CopyChunk heap{
                .heap = static_cast<RelationId>(std::strtoul(PQgetvalue(heaps.get(), row, 0), nullptr, 10)),
                .schema = text_at(heaps, row, 1),
                .name = text_at(heaps, row, 2),
                .first_page = 0,
                .end_page = {}};
            const std::uint64_t heap_pages = std::strtoull(PQgetvalue(heaps.get(), row, 4), nullptr, 10);
            for (CopyChunk& chunk : split_heap(heap, heap_pages, pages, by_ctid))
                chunks.push_back(std::move(chunk));
        }
        return chunks;
    }

    Status confirm() override {
        WALFERRY_TRYV(connection_->run("SELECT 1"));
        return success();
    }

    void interrupt() override { connection_->interrupt(); }

 private:
    std::unique_ptr<SnapshotConnection> connection_;
    const SnapshotFacts facts_;
};

/// Waits for the locks for a limited time (kind Busy after it), for nobody can interrupt a holder that is not
/// there yet. None of these statements takes a snapshot.
Status lock_tables(SnapshotConnection& connection, const std::vector<SourceTable>& tables) {
    if (tables.empty()) return success();
    std::string names;
    for (const SourceTable& table : tables) {
        if (!names.empty()) names += ", ";
        if (table.kind != 'p') names += "ONLY ";
        names += quote_identifier(table.schema) + "." + quote_identifier(table.name);
    }
    WALFERRY_TRYV(connection.run("SET LOCAL lock_timeout = '30s'"));
    const Result<PgResult> locked = connection.run("LOCK TABLE " + names + " IN ACCESS SHARE MODE");
    if (!locked) {
        Error error = locked.error();
        if (error.kind == ErrorKind::Schema) error.kind = ErrorKind::Busy;  // dropped just now
        return error.in("locking the tables to copy");
    }
    WALFERRY_TRYV(connection.run("SET LOCAL lock_timeout = 0"));
    return success();
}

Error busy(std::string message) {
    return Error{.kind = ErrorKind::Busy, .message = std::move(message), .way_out = {}, .sqlstate = {}};
}

bool has_column(const PgResult& columns, const SourceColumn& column) {
    for (int row = 0; row < PQntuples(columns.get()); ++row) {
        if (text_at(columns, row, 0) != std::to_string(column.attnum)) continue;
        return text_at(columns, row, 1) == column.name &&
               text_at(columns, row, 2) == std::to_string(column.declared_type_oid);
    }
    return false;
}

/// The names could have come to stand for other tables since they were looked up, or the tables have changed.
/// Busy: the next look sees what is there now.
Status confirm_tables(SnapshotConnection& connection, const std::vector<SourceTable>& tables) {
    for (const SourceTable& table : tables) {
        const std::string name = quote_identifier(table.schema) + "." + quote_identifier(table.name);
        WALFERRY_TRY(result,
                     connection.run("SELECT pg_catalog.to_regclass(" + quote_literal(name) + ")::oid"));
        if (text_at(result, 0, 0) != std::to_string(table.id))
            return busy(fmt::format("{} is another table than before", table.qualified_name()));
        WALFERRY_TRY(columns, connection.run(fmt::format(
                                  "SELECT attnum, attname, atttypid FROM pg_catalog.pg_attribute WHERE "
                                  "attrelid = {} AND attnum > 0 AND NOT attisdropped",
                                  table.id)));
        for (const SourceColumn& column : table.columns) {
            if (!has_column(columns, column))
                return busy(
                    fmt::format("{}: its column {} changed just now", table.qualified_name(), column.name));
        }
    }
    return success();
}

Result<SnapshotFacts> take_snapshot(SnapshotConnection& connection) {
    const char* snapshot_function = PQserverVersion(connection.get()) >= version_with_pg_snapshot
                                        ? "pg_current_snapshot"
                                        : "txid_current_snapshot";
    WALFERRY_TRY(result,
                 connection.run(fmt::format("SELECT pg_catalog.{}(), pg_catalog.pg_current_wal_insert_lsn(), "
                                            "(extract(epoch FROM pg_catalog.clock_timestamp() - "
                                            "timestamptz '2000-01-01 00:00:00+00') * 1000000)::int8, "
                                            "pg_catalog.pg_export_snapshot()",
                                            snapshot_function)));
    SnapshotFacts facts;
    facts.text = text_at(result, 0, 0);
    const auto snapshot = parse_snapshot(facts.text);
    const auto position = parse_lsn(text_at(result, 0, 1));
    if (!snapshot || !position)
        return Error{.kind = ErrorKind::Protocol,
                     .message = "the source's snapshot or position can't be read: " + facts.text,
                     .way_out = {},
                     .sqlstate = {}};
    facts.snapshot = *snapshot;
    facts.position = *position;
    facts.time = std::strtoll(PQgetvalue(result.get(), 0, 2), nullptr, 10);
    facts.name = text_at(result, 0, 3);
    return facts;
}

/// pg_class is read by the snapshot, pg_relation_filenode tells what is there now. No other session can
/// change it any more.
Status confirm_storage(SnapshotConnection& connection, const std::vector<SourceTable>& tables) {
    for (const SourceTable& table : tables) {
        WALFERRY_TRY(rewritten,
                     connection.run(fmt::format(
                         "SELECT 1 FROM (SELECT relid::oid AS id FROM "
                         "pg_catalog.pg_partition_tree({0}::oid::regclass) UNION SELECT {0}::oid) m "
                         "LEFT JOIN pg_catalog.pg_class c ON c.oid = m.id WHERE c.oid IS NULL OR "
                         "(c.relkind = 'r' AND c.relfilenode IS DISTINCT FROM "
                         "pg_catalog.pg_relation_filenode(c.oid))",
                         table.id)));
        if (PQntuples(rewritten.get()) != 0)
            return busy(fmt::format("{} was rewritten just now", table.qualified_name()));
    }
    return success();
}

}  // namespace

Result<std::unique_ptr<SnapshotHolder>> import_snapshot(const std::string& connection,
                                                        const std::string& snapshot_name,
                                                        const std::vector<SourceTable>& tables) {
    WALFERRY_TRY(session, SnapshotConnection::open(connection));
    WALFERRY_TRYV(session->run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    WALFERRY_TRYV(session->import(snapshot_name));
    WALFERRY_TRYV(lock_tables(*session, tables));
    WALFERRY_TRY(facts, take_snapshot(*session));
    WALFERRY_TRYV(confirm_tables(*session, tables));
    WALFERRY_TRYV(confirm_storage(*session, tables));
    return std::unique_ptr<SnapshotHolder>(
        std::make_unique<PostgresSnapshotHolder>(std::move(session), std::move(facts)));
}

Result<std::unique_ptr<SnapshotHolder>> hold_snapshot(const std::string& connection,
                                                      const std::vector<SourceTable>& tables) {
    WALFERRY_TRY(session, SnapshotConnection::open(connection));
    WALFERRY_TRYV(session->run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    WALFERRY_TRYV(lock_tables(*session, tables));
    WALFERRY_TRY(facts, take_snapshot(*session));
    WALFERRY_TRYV(confirm_tables(*session, tables));
    return std::unique_ptr<SnapshotHolder>(
        std::make_unique<PostgresSnapshotHolder>(std::move(session), std::move(facts)));
}

}  // namespace walferry
