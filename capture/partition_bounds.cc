#include "capture/partition_bounds.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <map>
#include <set>

#include "model/quote.h"

namespace walferry {
namespace {

/// A row a level and column of its key, from each partition of that name up to a table of the pipeline.
constexpr std::string_view levels_sql = R"(
  WITH RECURSIVE up(partition, child, parent, depth) AS (
      SELECT c.oid, c.oid, h.inhparent, 0
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_catalog.pg_inherits h ON h.inhrelid = c.oid
        WHERE c.relispartition AND (c.relname = {0} OR n.nspname || '.' || c.relname = {0})
      UNION ALL
      SELECT up.partition, up.parent, h.inhparent, up.depth + 1
        FROM up JOIN pg_catalog.pg_inherits h ON h.inhrelid = up.parent WHERE up.parent <> ALL({1}::oid[]))
  SELECT up.partition, up.parent, n.nspname || '.' || c.relname, p.partstrat, a.attname,
      pg_catalog.pg_get_expr(c.relpartbound, c.oid), up.depth
    FROM up JOIN pg_catalog.pg_class c ON c.oid = up.child
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = up.parent
      CROSS JOIN LATERAL pg_catalog.unnest(p.partattrs::int2[]) WITH ORDINALITY AS k(attnum, place)
      LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = up.parent AND a.attnum = k.attnum AND k.attnum > 0
    ORDER BY up.partition, up.depth, k.place)";

}  // namespace

Result<Partition> find_partition(SourceQuery& query, const std::string& name,
                                 const std::vector<RelationId>& roots) {
    WALFERRY_TRY(rows, query.rows(fmt::format(fmt::runtime(levels_sql), quote_literal(name),
                                              quote_literal(fmt::format("{{{}}}", fmt::join(roots, ","))))));
    std::map<std::string, Partition> found;
    std::map<std::string, std::string> depths;
    for (const auto& row : rows) {
        const std::string id = row.at(0).value_or("");
        Partition& partition = found[id];
        if (depths[id] != row.at(6))
            partition.levels.push_back(
                {row.at(2).value_or(""), row.at(3).value_or("r")[0], {}, row.at(5).value_or("")});
        depths[id] = row.at(6).value_or("");
        partition.root = static_cast<RelationId>(std::strtoul(row.at(1).value_or("0").c_str(), nullptr, 10));
        partition.levels.back().columns.push_back(row.at(4).value_or(""));
    }
    const std::set<RelationId> wanted(roots.begin(), roots.end());
    std::erase_if(found, [&](const auto& each) { return !wanted.contains(each.second.root); });
    if (found.size() == 1) return std::move(found.begin()->second);
    if (found.empty()) {
        return Error{ErrorKind::Configuration, name + ": the tables that are meant have no such partition",
                     "", ""};
    }
    std::vector<std::string> names;
    for (const auto& [id, partition] : found) names.push_back(partition.levels.front().name);
    return Error{ErrorKind::Configuration,
                 fmt::format("{} is the name of several partitions: {}", name, fmt::join(names, ", ")),
                 "name it with its schema", ""};
}

}  // namespace walferry
