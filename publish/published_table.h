#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/source_table.h"
#include "publish/topic_names.h"

namespace walferry::publish {

/// A column as the stream or a copy brings it, with what the catalog knows of it.
struct PublishedColumn {
    std::string name;
    SourceType type;
    bool not_null = false;
    std::vector<std::string> enum_labels = {};  ///< of an enum or an array of one, by enumsortorder
    /// pg_get_expr(adbin, adrelid) of its default; empty without, and for generated columns.
    std::string default_expression = {};
};

/// A table's shape, columns in the order of its rows.
struct PublishedTable {
    TableName name;
    std::vector<PublishedColumn> columns;
    /// Columns of the primary key in the order of its index, else of the first unique index, else none.
    /// Indexes come as PostgreSQL's JDBC driver lists them: a clustered one first, then by name; those that
    /// are partial or on expressions are no keys.
    std::vector<std::size_t> key;
    /// By column: whether the old row of a delete or key update has it (Relation's `key` flag).
    std::vector<bool> in_identity;
};

}  // namespace walferry::publish
