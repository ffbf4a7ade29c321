#include "apply/pending_changes.h"

#include <fmt/format.h>

#include "apply/load_row.h"
#include "apply/row_fields.h"

namespace walferry {

namespace {

constexpr std::uint64_t rows_a_fetch = 1000;
constexpr std::size_t bytes_a_fetch = 8u << 20;

/// A relation message stands right before the change it was first needed for.
std::int64_t seq_of(const KeptChange& change) {
    return static_cast<std::int64_t>(change.sequence.ordinal) * 2 + (change.is_relation ? 0 : 1);
}

std::vector<TargetColumn> pending_columns() {
    const std::pair<const char*, Encoding> shape[] = {
        {"pipeline", Encoding::Text}, {"relation_id", Encoding::Int8}, {"commit_lsn", Encoding::Int8},
        {"seq", Encoding::Int8},      {"xid", Encoding::Int8},         {"commit_time", Encoding::Int8},
        {"message", Encoding::Bytea}};
    std::vector<TargetColumn> columns;
    for (const auto& [name, encoding] : shape) {
        TargetColumn column;
        column.name = name;
        column.encoding.kind = encoding;
        columns.push_back(std::move(column));
    }
    return columns;
}

std::string from_hex(std::string_view hex) {
    const auto digit = [](char letter) {
        if (letter >= 'a') return letter - 'a' + 10;
        return letter >= 'A' ? letter - 'A' + 10 : letter - '0';
    };
    std::string bytes;
    bytes.reserve(hex.size() / 2);
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
    }
    return bytes;
}

}  // namespace

Status PendingChanges::keep(WarehouseSession& session, const TableBatch& batch) const {
    const std::vector<TargetColumn> columns = pending_columns();
    WALFERRY_TRY(loader, session.load(control_.table("pending_change"), columns, LoadFormat::Binary));
    std::string row;
    for (const KeptChange& change : batch.kept()) {
        row.clear();
        append_field(row, control_.pipeline);
        append_number(row, std::int64_t{batch.source().id});
        append_number(row, static_cast<std::int64_t>(change.sequence.commit_lsn.value));
        append_number(row, seq_of(change));
        append_number(row, std::int64_t{change.xid});
        append_number(row, change.commit_time);
        append_field(row, change.message);
        WALFERRY_TRYV(loader->append(row));
    }
    return loader->finish();
}

std::string PendingChanges::position(Lsn lsn, std::int64_t seq) const {
    return fmt::format("({}, {})", control_.lsn_literal(lsn), seq);
}

Result<PendingChanges::Drained> PendingChanges::drain(WarehouseSession& session, TableWriter& writer,
                                                      const std::shared_ptr<Table>& table,
                                                      std::uint64_t changes_max) {
    constexpr std::size_t bytes_max = 16u << 20;
    const RelationId id = table->source().id;
    Cursor& cursor = cursors_[id];
    Arena arena;
    TableBatch batch(table, false);
    Drained drained;
    while (!drained.empty && drained.changes < changes_max && arena.used_bytes() < bytes_max) {
        WALFERRY_TRY(rows, read_some(session, *table, cursor, batch, arena));
        drained.changes += rows;
        drained.empty = rows == 0;
    }
    if (drained.changes == 0) return drained;
    WALFERRY_TRYV(writer.write(batch, {}, pg_time_now()));
    WALFERRY_TRYV(remove_read(session, id, cursor));
    return drained;
}

Result<std::uint64_t> PendingChanges::read_some(WarehouseSession& session, const Table& table, Cursor& cursor,
                                                TableBatch& batch, Arena& arena) const {
    const char* hex = control_.kind == WarehouseKind::DuckDb ? "hex(message)" : "encode(message, 'hex')";
    // Bounded by rows and by bytes, one row at least: a message may be as large as a value can be.
    const std::string kept = fmt::format(
        "SELECT commit_lsn, seq, xid, commit_time, message FROM {} WHERE pipeline = {} AND relation_id = {} "
        "AND (commit_lsn, seq) > {} ORDER BY commit_lsn, seq LIMIT {}",
        control_.sql("pending_change"), control_.pipeline_literal(), table.source().id,
        position(cursor.commit_lsn, cursor.seq), rows_a_fetch);
    const std::string measured = fmt::format(
        "SELECT *, sum(octet_length(message)) OVER (ORDER BY commit_lsn, seq) AS bytes, "
        "row_number() OVER (ORDER BY commit_lsn, seq) AS place FROM ({}) AS kept",
        kept);
    WALFERRY_TRY(found,
                 session.query(fmt::format(
                     "SELECT commit_lsn, seq, xid, commit_time, {} FROM ({}) AS measured WHERE bytes <= {} "
                     "OR place = 1 ORDER BY commit_lsn, seq",
                     hex, measured, bytes_a_fetch)));
    for (const auto& row : found.rows) {
        WALFERRY_TRYV(read_row(row, table, cursor, batch, arena));
    }
    return static_cast<std::uint64_t>(found.rows.size());
}

Status PendingChanges::read_row(const std::vector<std::optional<std::string>>& row, const Table& table,
                                Cursor& cursor, TableBatch& batch, Arena& arena) const {
    Transaction transaction;
    transaction.commit_lsn = control_.read_lsn(row[0]);
    const std::int64_t seq = std::stoll(row[1].value_or("0"));
    transaction.xid = static_cast<std::uint32_t>(std::stoull(row[2].value_or("0")));
    transaction.commit_time = std::stoll(row[3].value_or("0"));
    const std::string message = from_hex(row[4].value_or(""));
    cursor.commit_lsn = transaction.commit_lsn;
    cursor.seq = seq;
    if (seq % 2 == 0) {
        cursor.relation_lsn = cursor.commit_lsn;
        cursor.relation_seq = seq;
        return cursor.decoder.relation(message);
    }
    if (cursor.commit_lsn < table.snapshot_lsn && table.snapshot.sees(transaction.xid)) return success();
    const SequenceKey sequence{transaction.commit_lsn, static_cast<std::uint64_t>(seq / 2)};
    WALFERRY_TRY(event, cursor.decoder.change(message, table.source().id, sequence));
    return batch.add(event, transaction, arena);
}

/// All that was read goes, but for the relation message that describes what is still to come.
Status PendingChanges::remove_read(WarehouseSession& session, RelationId id, const Cursor& cursor) const {
    return session.execute(fmt::format(
        "DELETE FROM {} WHERE pipeline = {} AND relation_id = {} AND (commit_lsn, seq) <= {} AND NOT "
        "(commit_lsn, seq) = {}",
        control_.sql("pending_change"), control_.pipeline_literal(), id,
        position(cursor.commit_lsn, cursor.seq), position(cursor.relation_lsn, cursor.relation_seq)));
}

Status PendingChanges::clear(WarehouseSession& session, RelationId id) const {
    return session.execute(fmt::format("DELETE FROM {} WHERE pipeline = {} AND relation_id = {}",
                                       control_.sql("pending_change"), control_.pipeline_literal(), id));
}

}  // namespace walferry
