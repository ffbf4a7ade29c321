#include "pipeline/verify/latest_events.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "model/json_text.h"
#include "model/quote.h"

namespace walferry {
namespace {

/// The old key's column out of `_old_key`, in the target's type.
std::string old_key_value(const ComparedTable& table, const ComparedTable::Column& column) {
    if (table.plan.kind == WarehouseKind::Postgres) {
        return fmt::format("CAST(_old_key ->> {} AS {})", quote_literal(column.plain_name),
                           column.target_type);
    }
    std::string path = "$.";
    append_json_string(path, column.plain_name);
    return fmt::format("CAST(_old_key ->> {} AS {})", quote_literal(path), column.target_type);
}

}  // namespace

std::string latest_events_sql(const ComparedTable& table) {
    std::vector<std::string> names, keys, moved;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const ComparedTable::Column& column = table.columns[i];
        names.push_back(column.target_name);
        if (i < table.key_count) keys.push_back(column.target_name);
        moved.push_back(i < table.key_count ? old_key_value(table, column)
                                            : fmt::format("CAST(NULL AS {})", column.target_type));
    }
    const std::string target = to_sql(table.plan.target);
    const std::string since = fmt::format(
        "NOT EXISTS (SELECT 1 FROM {} AS x WHERE x._op = 't' AND (x._lsn > t._lsn OR (x._lsn = t._lsn AND "
        "x._seq > coalesce(t._seq, -1))))",
        target);
    return fmt::format(
        "(SELECT {0}, _lsn FROM (SELECT e.*, row_number() OVER (PARTITION BY {1} ORDER BY _lsn DESC, "
        "walferry_seq DESC) AS walferry_place FROM (SELECT {0}, _lsn, coalesce(_seq, -1) AS walferry_seq, "
        "_op = 'd' AS walferry_gone FROM {2} AS t WHERE _op <> 't' AND {3} UNION ALL SELECT {4}, _lsn, _seq, "
        "true FROM {2} AS t WHERE _old_key IS NOT NULL AND {3}) AS e) AS f WHERE walferry_place = 1 AND NOT "
        "walferry_gone)",
        fmt::join(names, ", "), fmt::join(keys, ", "), target, since, fmt::join(moved, ", "));
}

}  // namespace walferry
