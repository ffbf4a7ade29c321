#include "model/source_table.h"

#include <algorithm>
#include <iterator>

#include "model/pg_types.h"

namespace walferry {

bool can_be_toasted(const SourceType& type) {
    if (type.is_array() || type.kind != 'b') return type.kind != 'e';
    constexpr std::uint32_t fixed[] = {
        pg_types::boolean,     pg_types::int2,     pg_types::int4,   pg_types::int8,
        pg_types::oid,         pg_types::float4,   pg_types::float8, pg_types::money,
        pg_types::date,        pg_types::time,     pg_types::timetz, pg_types::timestamp,
        pg_types::timestamptz, pg_types::interval, pg_types::uuid,   pg_types::name};
    return std::find(std::begin(fixed), std::end(fixed), type.oid) == std::end(fixed);
}

std::size_t count_sent_columns(const SourceTable& table) {
    return static_cast<std::size_t>(
        std::count_if(table.columns.begin(), table.columns.end(),
                      [](const SourceColumn& column) { return !column.dropped; }));
}

SourceTable without_dropped(SourceTable table) {
    std::erase_if(table.columns, [](const SourceColumn& column) { return column.dropped; });
    return table;
}

bool has_usable_identity(const SourceTable& table) {
    if (table.identity == ReplicaIdentity::Full) return true;
    if (table.identity == ReplicaIdentity::Nothing) return false;
    return std::any_of(table.columns.begin(), table.columns.end(),
                       [](const SourceColumn& column) { return column.in_identity; });
}

}  // namespace walferry
