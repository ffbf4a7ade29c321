#include "capture/facts_catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

namespace walferry {

namespace {

constexpr std::string_view column_facts_query = R"(
SELECT a.attname, a.atttypid, a.attnotnull, a.attgenerated <> '',
  COALESCE(CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END, '')
FROM pg_catalog.pg_attribute a
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = {} AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum)";

/// The order of indexes is that of DatabaseMetaData.getIndexInfo, where the first unique one is taken.
constexpr std::string_view key_query = R"(
SELECT a.attname
FROM (SELECT * FROM pg_catalog.pg_index
  WHERE indrelid = {} AND indisunique AND indpred IS NULL AND indexprs IS NULL AND indisvalid
  ORDER BY indisprimary DESC, indisclustered DESC, indexrelid::regclass::text LIMIT 1) i
CROSS JOIN LATERAL unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY k(attnum, place)
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
ORDER BY k.place)";

}  // namespace

std::optional<TableFacts> read_table_facts(pqxx::transaction_base& work, RelationId id) {
    TableFacts facts;
    if (work.exec(fmt::format("SELECT FROM pg_catalog.pg_class WHERE oid = {}", id)).empty())
        return std::nullopt;
    for (const auto& row : work.exec(fmt::format(fmt::runtime(column_facts_query), id))) {
        TableFacts::ColumnFacts& column = facts.columns.emplace_back();
        column.name = row[0].c_str();
        column.type_oid = row[1].as<std::uint32_t>();
        column.not_null = row[2].as<bool>();
        column.generated = row[3].as<bool>();
        column.default_expression = row[4].c_str();
    }
    for (const auto& row : work.exec(fmt::format(fmt::runtime(key_query), id)))
        facts.key.emplace_back(row[0].c_str());
    return facts;
}

EnumLabels read_enum_labels(pqxx::transaction_base& work, const std::vector<std::uint32_t>& types) {
    EnumLabels labels;
    if (types.empty()) return labels;
    for (const auto& row :
         work.exec(fmt::format("SELECT enumtypid, enumlabel FROM pg_catalog.pg_enum WHERE enumtypid IN ({}) "
                               "ORDER BY enumtypid, enumsortorder",
                               fmt::join(types, ", "))))
        labels[row[0].as<std::uint32_t>()].emplace_back(row[1].c_str());
    return labels;
}

}  // namespace walferry
