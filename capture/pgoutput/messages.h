#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "model/change.h"
#include "model/lsn.h"
#include "model/relation.h"

/// The messages of pgoutput's protocol 1 (PostgreSQL documentation, "Logical Replication Message Formats").
/// Views point into the decoded bytes; rows and the relations of a truncate into the decoder, until its next
/// message.
namespace walferry {

struct BeginMessage {
    Lsn commit_lsn;
    PgTime commit_time = 0;
    std::uint32_t xid = 0;
};

struct CommitMessage {
    Lsn commit_lsn;
    Lsn end_lsn;
    PgTime commit_time = 0;
};

struct OriginMessage {
    Lsn lsn;
    std::string_view name;
};

struct TypeMessage {
    std::uint32_t oid = 0;
    std::string_view schema;
    std::string_view name;
};

/// Owns what it says: relations are rare and are kept.
struct RelationMessage {
    RelationId id = 0;
    std::string schema;  ///< pg_catalog where the wire has an empty one
    std::string name;
    ReplicaIdentity identity = ReplicaIdentity::Default;
    std::vector<Column> columns;
};

struct InsertMessage {
    RelationId relation = 0;
    TupleData row;
};

struct UpdateMessage {
    RelationId relation = 0;
    std::optional<TupleData> old_row;
    bool old_is_full = false;  ///< sent as the whole old row ('O'), not as its key ('K')
    TupleData new_row;
};

struct DeleteMessage {
    RelationId relation = 0;
    TupleData old_row;
    bool old_is_full = false;
};

struct TruncateMessage {
    std::span<const RelationId> relations;  ///< at least one
    bool cascade = false;
    bool restart_identity = false;
};

using Message = std::variant<BeginMessage, CommitMessage, OriginMessage, TypeMessage, RelationMessage,
                             InsertMessage, UpdateMessage, DeleteMessage, TruncateMessage, LogicalMessage>;

}  // namespace walferry
