#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/relation.h"

namespace walferry {

/// A column's type as the source's catalog knows it, domains already resolved to their base type.
struct SourceType {
    std::uint32_t oid = 0;          ///< base type
    std::string schema;             ///< of the base type, e.g. pg_catalog
    std::string name;               ///< of the base type, as in pg_type.typname, e.g. int4, _text, mood
    std::int32_t modifier = -1;     ///< typmod; a domain's own where the column has none
    std::string sql;                ///< format_type(oid, modifier), e.g. numeric(10,2)
    char kind = 'b';                ///< pg_type.typtype of the base type: b c e r m p
    std::uint32_t element_oid = 0;  ///< base type of the elements, 0 when it is no array
    std::string element_name;       ///< pg_type.typname of the elements
    char element_kind = 0;          ///< pg_type.typtype of the elements
    std::string element_sql;        ///< format_type of the elements, with their modifier
    /// Typmod of a domain that the elements are of; -1 where they have none, or that of the array.
    std::int32_t element_modifier = -1;

    bool is_array() const { return element_oid != 0; }
    bool operator==(const SourceType&) const = default;
};

struct SourceColumn {
    std::string name;
    std::int16_t attnum = 0;
    std::uint32_t declared_type_oid = 0;  ///< what the stream calls it (a domain's own OID)
    SourceType type;
    bool not_null = false;
    bool in_primary_key = false;
    bool in_identity = false;  ///< in the index that REPLICA IDENTITY names (its primary key by default)
    /// Not sent any more: dropped at the source, or taken out of the publication. The targets still have it,
    /// and it is NULL in what is written from then on. `name` is the one that it has there.
    bool dropped = false;
    std::string target_type;  ///< of a dropped one: its SQL type in the targets
    bool inferred = false;    ///< nobody says its type: it is what its values looked like so far

    bool operator==(const SourceColumn&) const = default;
};

/// A published table as the source's catalog describes it, reduced to the published columns.
struct SourceTable {
    RelationId id = 0;
    std::string schema;
    std::string name;
    char kind = 'r';  ///< pg_class.relkind: r or p (root of a partitioned table)
    ReplicaIdentity identity = ReplicaIdentity::Default;
    std::vector<SourceColumn> columns;  ///< the published ones, by attnum
    std::string row_filter;             ///< SQL expression of the publication, empty without
    std::uint32_t publication_member =
        0;  ///< OID of the row that makes it published; changes when it is put back
    std::int64_t estimated_rows = -1;  ///< reltuples of the table or its leaves, -1 when never analysed
    /// The name by which its targets are called, where the table was renamed since; else empty.
    std::string first_schema, first_name;

    /// Described by Debezium's events. They may come twice and leave rows out, so that a row that is inserted
    /// may be there already, and one that is changed may not.
    bool from_kafka = false;

    std::string qualified_name() const { return schema + "." + name; }
    const std::string& naming_schema() const { return first_schema.empty() ? schema : first_schema; }
    const std::string& naming_name() const { return first_name.empty() ? name : first_name; }
};

/// The columns that the source still has.
std::size_t count_sent_columns(const SourceTable& table);
/// The table without those that it has no more.
SourceTable without_dropped(SourceTable table);

/// Whether a value can be so large that the stream leaves it out while it does not change (TOAST).
bool can_be_toasted(const SourceType& type);

/// Whether UPDATE and DELETE of this table can be told apart by the published identity.
bool has_usable_identity(const SourceTable& table);

}  // namespace walferry
