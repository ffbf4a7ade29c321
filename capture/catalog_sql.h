#pragma once

#include <pqxx/pqxx>
#include <string>
#include <string_view>

#include "model/source_table.h"

/// Pieces of queries on the source's catalog.
namespace walferry {

/// The leaves of the table `root` (an SQL expression) as rows of pg_class called heap, for a FROM list; an
/// ordinary table is its own.
std::string leaves_of(std::string_view root);

/// What `base` is to `oid`, `typmod`: the type under all domains, with the modifier that holds, for a FROM
/// list.
std::string base_type_of(std::string_view oid, std::string_view typmod, std::string_view base);

/// Joins that describe the type b(oid, typmod), and the columns of the description, which `read_type` reads.
std::string type_joins();
inline constexpr std::string_view type_columns =
    "b.oid, bn.nspname, bt.typname, b.typmod, format_type(b.oid, b.typmod), bt.typtype, "
    "COALESCE(et.oid, 0), "
    "COALESCE(et.typname, ''), COALESCE(et.typtype, ' '), COALESCE(format_type(e.oid, e.typmod), ''), "
    "CASE WHEN b.typmod = -1 THEN COALESCE(e.typmod, -1) ELSE -1 END";
SourceType read_type(const pqxx::row& row, pqxx::row::size_type first);

}  // namespace walferry
