#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace walferry {

/// The OID of a table at the source.
using RelationId = std::uint32_t;

/// pg_class.relreplident, with PostgreSQL's own letters.
enum class ReplicaIdentity : char { Default = 'd', Nothing = 'n', Full = 'f', Index = 'i' };

/// A column as the stream describes it.
struct Column {
    std::string name;
    std::uint32_t type_oid = 0;
    std::int32_t type_modifier = -1;
    bool key = false;  ///< part of the replica identity; under FULL every column is

    bool operator==(const Column&) const = default;
};

/// A table's shape as the stream last described it (Relation message). Old rows keep the old shape: a
/// relation is versioned by its arrival, not by what the catalog says now.
struct Relation {
    RelationId id = 0;
    std::string schema;
    std::string name;
    ReplicaIdentity identity = ReplicaIdentity::Default;
    std::vector<Column> columns;
    std::uint64_t version = 0;  ///< grows with every arrival that changed something; unique in one source
    std::string message;        ///< the message as received, for keeping changes to be applied later

    std::string qualified_name() const { return schema + "." + name; }
};

}  // namespace walferry
