#include "apply/pending_changes.h"

#include <fmt/format.h>

#include "apply/row_fields.h"

namespace walferry {

namespace {

constexpr std::uint64_t rows_a_fetch = 1000;
constexpr std::size_t bytes_a_fetch = 8u << 20;

/// A relation message stands right before the change it was first needed for.
std::int64_t seq_of(const SequenceKey& sequence, bool is_relation) {
    return static_cast<std::int64_t>(sequence.ordinal) * 2 + (is_relation ? 0 : 1);
}

/// A change that must not be applied is kept with the reason before it. Messages of the protocol begin with a
/// letter.
constexpr char refused_mark = '\0';

std::string with_refusal(const Refusal& refusal, std::string_view message) {
    std::string kept(1, refused_mark);
    kept += to_string(refusal.stage);
    for (const std::string* part : {&refusal.code, &refusal.message}) {
        kept += refused_mark;
        kept += *part;
    }
    kept += refused_mark;
    return kept.append(message);
}

/// Takes the reason off a kept message, where it has one.
std::optional<Refusal> take_refusal(std::string_view& message) {
    if (message.empty() || message.front() != refused_mark) return std::nullopt;
    message.remove_prefix(1);
    const auto next = [&] {
        const std::size_t end = message.find(refused_mark);
        const std::string part(message.substr(0, end));
        message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
        return part;
    };
    Refusal refusal;
    refusal.stage = parse_dead_letter_stage(next()).value_or(DeadLetterStage::Contract);
    refusal.code = next();
    refusal.message = next();
    return refusal;
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
    const auto append = [&](const RecordedEvent& event, bool is_relation, std::string_view message) {
        row.clear();
        append_field(row, control_.pipeline);
        append_number(row, std::int64_t{batch.source().id});
        append_number(row, static_cast<std::int64_t>(event.sequence.commit_lsn.value));
        append_number(row, seq_of(event.sequence, is_relation));
        append_number(row, std::int64_t{event.xid});
        append_number(row, event.commit_time);
        append_field(row, message);
        return loader->append(row);
    };
    std::uint64_t described = 0;  // the version of the relation that stands before the next change
    for (const RecordedEvent& event : batch.events()) {
        if (described != event.relation->version) {
            WALFERRY_TRYV(append(event, true, event.relation->message));
            described = event.relation->version;
        }
        const Refusal* const refusal = batch.refusal_of(event);
        WALFERRY_TRYV(refusal == nullptr ? append(event, false, event.message)
                                         : append(event, false, with_refusal(*refusal, event.message)));
    }
    return loader->finish();
}

std::string PendingChanges::position(Lsn lsn, std::int64_t seq) const {
    return fmt::format("({}, {})", control_.lsn_literal(lsn), seq);
}

Result<PendingChanges::Drained> PendingChanges::drain(WarehouseSession& session,
                                                      const std::shared_ptr<Table>& table,
                                                      std::uint64_t changes_max, const Write& write) {
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
    WALFERRY_TRYV(write(batch));
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
    const std::string kept = from_hex(row[4].value_or(""));
    std::string_view message = kept;
    cursor.commit_lsn = transaction.commit_lsn;
    cursor.seq = seq;
    if (seq % 2 == 0) {
        cursor.relation_lsn = cursor.commit_lsn;
        cursor.relation_seq = seq;
        return cursor.decoder.relation(message);
    }
    if (cursor.commit_lsn < table.snapshot_lsn && table.snapshot.sees(transaction.xid)) return success();
    const SequenceKey sequence{transaction.commit_lsn, static_cast<std::uint64_t>(seq / 2)};
    auto refusal = take_refusal(message);
    WALFERRY_TRY(event, cursor.decoder.change(message, table.source().id, sequence));
    if (!refusal) return batch.add(event, transaction, arena);
    batch.refuse(event, transaction, std::move(*refusal), arena);
    return success();
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
