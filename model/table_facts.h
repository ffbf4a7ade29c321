#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace walferry {

/// What a source's catalog says of a table beyond SourceTable, as of now: it can be ahead of the stream.
struct TableFacts {
    struct ColumnFacts {
        std::string name;
        std::uint32_t type_oid = 0;  ///< declared; a domain's own
        bool not_null = false;
        bool generated = false;
        /// pg_get_expr(adbin, adrelid) of its default; empty without, and for generated columns.
        std::string default_expression;
    };
    std::vector<ColumnFacts> columns;  ///< those that live, by attnum
    /// Columns of the primary key in the order of its index, else of the first unique index, else none.
    /// Indexes come as PostgreSQL's JDBC driver lists them: a clustered one first, then by name; those that
    /// are partial, on expressions or not valid are no keys.
    std::vector<std::string> key;
};

/// Labels by the enum's OID, in the enum's order.
using EnumLabels = std::map<std::uint32_t, std::vector<std::string>>;

}  // namespace walferry
