#include "capture/pgoutput/decoder.h"

#include <fmt/format.h>

namespace walferry {

namespace {

Error malformed(std::string_view what, std::string_view seen) {
    return Error{ErrorKind::Protocol, fmt::format("malformed {} message: {}", what, seen), "", ""};
}

std::string printable(char letter) {
    const auto code = static_cast<unsigned char>(letter);
    return code > 32 && code < 127 ? fmt::format("'{}'", letter) : fmt::format("byte {}", code);
}

/// Closes a message: nothing may be missing, nothing may be left.
template <class T>
Result<Message> finish(const ByteReader& reader, std::string_view what, T&& message) {
    if (reader.failed()) return malformed(what, "it is truncated");
    if (reader.left() > 0) return malformed(what, fmt::format("{} bytes are left over", reader.left()));
    return Message(std::forward<T>(message));
}

Lsn read_lsn(ByteReader& reader) {
    return Lsn{reader.number<std::uint64_t>()};
}

Result<Message> read_begin(ByteReader& reader) {
    BeginMessage begin;
    begin.commit_lsn = read_lsn(reader);
    begin.commit_time = reader.number<PgTime>();
    begin.xid = reader.number<std::uint32_t>();
    return finish(reader, "Begin", begin);
}

Result<Message> read_commit(ByteReader& reader) {
    if (const auto flags = reader.number<std::uint8_t>(); flags != 0)
        return malformed("Commit", fmt::format("unknown flags {}", flags));
    CommitMessage commit;
    commit.commit_lsn = read_lsn(reader);
    commit.end_lsn = read_lsn(reader);
    commit.commit_time = reader.number<PgTime>();
    return finish(reader, "Commit", commit);
}

Result<Message> read_origin(ByteReader& reader) {
    OriginMessage origin;
    origin.lsn = read_lsn(reader);
    origin.name = reader.text();
    return finish(reader, "Origin", origin);
}

Result<Message> read_type(ByteReader& reader) {
    TypeMessage type;
    type.oid = reader.number<std::uint32_t>();
    type.schema = reader.text();
    type.name = reader.text();
    return finish(reader, "Type", type);
}

Result<Message> read_logical(ByteReader& reader) {
    LogicalMessage logical;
    logical.transactional = reader.number<std::uint8_t>() != 0;
    logical.lsn = read_lsn(reader);
    logical.prefix = reader.text();
    const auto length = reader.number<std::int32_t>();
    if (length < 0) return malformed("Message", fmt::format("negative length {}", length));
    logical.content = reader.bytes(static_cast<std::size_t>(length));
    return finish(reader, "Message", logical);
}

bool is_identity(char letter) {
    return letter == 'd' || letter == 'n' || letter == 'f' || letter == 'i';
}

Result<Message> read_relation(ByteReader& reader) {
    RelationMessage relation;
    relation.id = reader.number<RelationId>();
    relation.schema = reader.text();
    relation.name = reader.text();
    const char identity = reader.letter();
    const auto count = reader.number<std::int16_t>();
    if (reader.failed()) return malformed("Relation", "it is truncated");
    if (!is_identity(identity))
        return malformed("Relation", fmt::format("unknown replica identity {}", printable(identity)));
    constexpr std::size_t column_bytes_min = 10;  // flags, an empty name, type, typmod
    if (count < 0 || static_cast<std::size_t>(count) * column_bytes_min > reader.left())
        return malformed("Relation", fmt::format("{} columns in {} bytes", count, reader.left()));
    if (relation.schema.empty()) relation.schema = "pg_catalog";
    relation.identity = static_cast<ReplicaIdentity>(identity);
    relation.columns.resize(static_cast<std::size_t>(count));
    for (Column& column : relation.columns) {
        column.key = (reader.number<std::uint8_t>() & 1u) != 0;
        column.name = reader.text();
        column.type_oid = reader.number<std::uint32_t>();
        column.type_modifier = reader.number<std::int32_t>();
    }
    return finish(reader, "Relation", std::move(relation));
}

/// A row: count, then for each column a kind and, where it has a value, length and bytes.
Status read_row(ByteReader& reader, std::vector<ColumnValue>& values, std::string_view what) {
    const auto count = reader.number<std::int16_t>();
    if (reader.failed()) return malformed(what, "it is truncated");
    if (count < 0 || static_cast<std::size_t>(count) > reader.left())
        return malformed(what, fmt::format("{} columns in {} bytes", count, reader.left()));
    values.resize(static_cast<std::size_t>(count));
    for (ColumnValue& value : values) {
        const char kind = reader.letter();
        if (kind == 'n' || kind == 'u') {
            value = {kind == 'n' ? ValueKind::Null : ValueKind::UnchangedToast, {}};
            continue;
        }
        if (reader.failed()) return malformed(what, "it is truncated");
        if (kind != 't' && kind != 'b')
            return malformed(what, fmt::format("unknown kind of column {}", printable(kind)));
        const auto length = reader.number<std::int32_t>();
        if (length < 0) return malformed(what, fmt::format("a column of length {}", length));
        value = {kind == 't' ? ValueKind::Text : ValueKind::Binary,
                 reader.bytes(static_cast<std::size_t>(length))};
    }
    if (reader.failed()) return malformed(what, "it is truncated");
    return success();
}

Status expect_marker(ByteReader& reader, char wanted, std::string_view what) {
    const char marker = reader.letter();
    if (reader.failed()) return malformed(what, "it is truncated");
    if (marker == wanted) return success();
    return malformed(what, fmt::format("{} where '{}' belongs", printable(marker), wanted));
}

/// Kinds that a server sends only when it was asked for a newer protocol; empty for what is no kind at all.
std::string_view newer_message(char kind) {
    switch (kind) {
        case 'S':
            return "Stream Start (protocol 2)";
        case 'E':
            return "Stream Stop (protocol 2)";
        case 'c':
            return "Stream Commit (protocol 2)";
        case 'A':
            return "Stream Abort (protocol 2)";
        case 'b':
            return "Begin Prepare (protocol 3)";
        case 'P':
            return "Prepare (protocol 3)";
        case 'K':
            return "Commit Prepared (protocol 3)";
        case 'r':
            return "Rollback Prepared (protocol 3)";
        case 'p':
            return "Stream Prepare (protocol 3)";
        default:
            return "";
    }
}

Error refuse(char kind) {
    const std::string_view newer = newer_message(kind);
    if (!newer.empty())
        return Error{ErrorKind::Protocol, fmt::format("{} message, but protocol 1 was asked for", newer), "",
                     ""};
    return Error{ErrorKind::Protocol, fmt::format("unknown kind of message: {}", printable(kind)), "", ""};
}

}  // namespace

Result<Message> Decoder::read_insert(ByteReader& reader) {
    InsertMessage insert;
    insert.relation = reader.number<RelationId>();
    WALFERRY_TRYV(expect_marker(reader, 'N', "Insert"));
    WALFERRY_TRYV(read_row(reader, new_values_, "Insert"));
    insert.row = new_values_;
    return finish(reader, "Insert", insert);
}

Result<Message> Decoder::read_update(ByteReader& reader) {
    UpdateMessage update;
    update.relation = reader.number<RelationId>();
    char marker = reader.letter();
    if (marker == 'K' || marker == 'O') {
        WALFERRY_TRYV(read_row(reader, old_values_, "Update"));
        update.old_row = old_values_;
        update.old_is_full = marker == 'O';
        marker = reader.letter();
    }
    if (reader.failed()) return malformed("Update", "it is truncated");
    if (marker != 'N') return malformed("Update", fmt::format("{} where 'N' belongs", printable(marker)));
    WALFERRY_TRYV(read_row(reader, new_values_, "Update"));
    update.new_row = new_values_;
    return finish(reader, "Update", update);
}

Result<Message> Decoder::read_delete(ByteReader& reader) {
    DeleteMessage remove;
    remove.relation = reader.number<RelationId>();
    const char marker = reader.letter();
    if (reader.failed()) return malformed("Delete", "it is truncated");
    if (marker != 'K' && marker != 'O')
        return malformed("Delete", fmt::format("{} where 'K' or 'O' belongs", printable(marker)));
    WALFERRY_TRYV(read_row(reader, old_values_, "Delete"));
    remove.old_row = old_values_;
    remove.old_is_full = marker == 'O';
    return finish(reader, "Delete", remove);
}

Result<Message> Decoder::read_truncate(ByteReader& reader) {
    TruncateMessage truncate;
    const auto count = reader.number<std::int32_t>();
    const auto options = reader.number<std::uint8_t>();
    if (reader.failed()) return malformed("Truncate", "it is truncated");
    if (count <= 0 || static_cast<std::size_t>(count) * sizeof(RelationId) > reader.left())
        return malformed("Truncate", fmt::format("{} relations in {} bytes", count, reader.left()));
    truncate.cascade = (options & 1u) != 0;
    truncate.restart_identity = (options & 2u) != 0;
    truncated_.resize(static_cast<std::size_t>(count));
    for (RelationId& id : truncated_) id = reader.number<RelationId>();
    truncate.relations = truncated_;
    return finish(reader, "Truncate", truncate);
}

Result<Message> Decoder::decode(std::string_view message) {
    if (message.empty()) return Error{ErrorKind::Protocol, "an empty message", "", ""};
    ByteReader reader(message.substr(1));
    switch (message.front()) {
        case 'B':
            return read_begin(reader);
        case 'C':
            return read_commit(reader);
        case 'O':
            return read_origin(reader);
        case 'Y':
            return read_type(reader);
        case 'R':
            return read_relation(reader);
        case 'I':
            return read_insert(reader);
        case 'U':
            return read_update(reader);
        case 'D':
            return read_delete(reader);
        case 'T':
            return read_truncate(reader);
        case 'M':
            return read_logical(reader);
        default:
            return refuse(message.front());
    }
}

}  // namespace walferry
