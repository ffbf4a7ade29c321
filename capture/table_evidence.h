#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/table_storage.h"

namespace walferry {

/// A type as the stream names it: pg_attribute's atttypid and atttypmod.
struct StreamType {
    std::uint32_t oid = 0;
    std::int32_t modifier = -1;

    auto operator<=>(const StreamType&) const = default;
};

/// A column of the source's catalog, published or not.
struct ColumnEvidence {
    /// Of one that is dropped at the source: attnum and `dropped` alone.
    SourceColumn column;
    /// What rows have that were there before the column (pg_attribute.attmissingval), in the type's text
    /// form. Without it they have NULL, or the table was rewritten.
    std::optional<std::string> missing;
    bool generated = false;
};

/// What the source's catalog says of a table now. It can be ahead of the stream by any number of changes: it
/// helps to tell what happened, but it does not say what the stream carries.
struct TableEvidence {
    RelationId id = 0;
    std::string schema;
    std::string name;
    char kind = 'r';
    ReplicaIdentity identity = ReplicaIdentity::Default;
    std::vector<ColumnEvidence> columns;  ///< by attnum
    TableStorage storage;

    const ColumnEvidence* column(std::string_view name) const;  ///< null when there is none that lives
    const ColumnEvidence* column(std::int16_t attnum) const;
};

}  // namespace walferry
