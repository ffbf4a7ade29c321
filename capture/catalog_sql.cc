#include "capture/catalog_sql.h"

#include <fmt/format.h>

namespace walferry {

namespace {

/// pg_partition_tree would lock each leaf, and wait where somebody alters one.
constexpr std::string_view leaves = R"(
  LATERAL (WITH RECURSIVE tree(relid) AS (
      SELECT {root}
      UNION ALL
      SELECT h.inhrelid FROM tree JOIN pg_catalog.pg_class o ON o.oid = tree.relid AND o.relkind = 'p'
        JOIN pg_catalog.pg_inherits h ON h.inhparent = o.oid)
    SELECT k.* FROM tree JOIN pg_catalog.pg_class k ON k.oid = tree.relid WHERE k.relkind <> 'p') heap)";

constexpr std::string_view base_type = R"(
  LATERAL (WITH RECURSIVE chain(oid, typmod, depth) AS (
      SELECT {oid}, {typmod}, 0
      UNION ALL
      SELECT d.typbasetype, CASE WHEN chain.typmod <> -1 THEN chain.typmod ELSE d.typtypmod END, depth + 1
      FROM chain JOIN pg_catalog.pg_type d ON d.oid = chain.oid WHERE d.typtype = 'd')
    SELECT oid, typmod FROM chain ORDER BY depth DESC LIMIT 1) {base})";

/// A true array is what its element type calls its array (int2vector is none).
constexpr std::string_view joins = R"(
  JOIN pg_catalog.pg_type bt ON bt.oid = b.oid
  JOIN pg_catalog.pg_namespace bn ON bn.oid = bt.typnamespace
  LEFT JOIN pg_catalog.pg_type ae ON ae.oid = bt.typelem AND ae.typarray = bt.oid
  LEFT JOIN {element} ON ae.oid IS NOT NULL
  LEFT JOIN pg_catalog.pg_type et ON et.oid = e.oid)";

}  // namespace

std::string leaves_of(std::string_view root) {
    return fmt::format(fmt::runtime(leaves), fmt::arg("root", root));
}

std::string base_type_of(std::string_view oid, std::string_view typmod, std::string_view base) {
    return fmt::format(fmt::runtime(base_type), fmt::arg("oid", oid), fmt::arg("typmod", typmod),
                       fmt::arg("base", base));
}

std::string type_joins() {
    return fmt::format(fmt::runtime(joins), fmt::arg("element", base_type_of("ae.oid", "b.typmod", "e")));
}

SourceType read_type(const pqxx::row& row, pqxx::row::size_type first) {
    const auto at = [&](int place) { return row[static_cast<pqxx::row::size_type>(first + place)]; };
    SourceType type;
    type.oid = at(0).as<std::uint32_t>();
    type.schema = at(1).c_str();
    type.name = at(2).c_str();
    type.modifier = at(3).as<std::int32_t>();
    type.sql = at(4).c_str();
    type.kind = at(5).c_str()[0];
    type.element_oid = at(6).as<std::uint32_t>();
    type.element_name = at(7).c_str();
    if (type.is_array()) type.element_kind = at(8).c_str()[0];
    type.element_sql = at(9).c_str();
    type.element_modifier = at(10).as<std::int32_t>();
    return type;
}

}  // namespace walferry
