#include "capture/table_catalog.h"

#include <fmt/format.h>

#include <algorithm>

#include "capture/catalog_sql.h"
#include "model/quote.h"

namespace walferry {

namespace {

constexpr int has_column_lists = 150000;
constexpr int has_schema_members = 150000;
constexpr int lists_tell_generated = 180000;  ///< before, generated columns are listed and yet not sent
constexpr int reltuples_tells_never = 140000;

/// Per table what keeps its own replica identity from being used (RelationGetIndexList in PostgreSQL's
/// relcache.c).
constexpr std::string_view identity_of_each_table = R"(
  identity AS (
    SELECT c.oid, c.relreplident AS letter, CASE
        WHEN c.relreplident = 'f' THEN ''
        WHEN c.relreplident = 'n' THEN 'its REPLICA IDENTITY is NOTHING'
        WHEN c.relreplident = 'i' AND k.indexrelid IS NULL THEN 'the index of its REPLICA IDENTITY was dropped'
        WHEN k.indexrelid IS NULL THEN 'it has no primary key'
        WHEN NOT k.indimmediate
          THEN 'its primary key is DEFERRABLE, and PostgreSQL does not take such a one as replica identity'
        WHEN NOT k.indisvalid THEN 'the index of its replica identity is not valid'
        ELSE '' END AS problem
    FROM pg_catalog.pg_class c
    LEFT JOIN pg_catalog.pg_index k ON k.indrelid = c.oid
      AND CASE c.relreplident WHEN 'd' THEN k.indisprimary WHEN 'i' THEN k.indisreplident ELSE false END
    WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p'))";

/// Whether the role lacks what the first copy needs of `heap`, a row of pg_class.
constexpr std::string_view unreadable_leaf = R"((
  NOT has_schema_privilege(heap.relnamespace, 'USAGE') OR row_security_active(heap.oid)
  OR NOT (has_table_privilege(heap.oid, 'SELECT') OR (SELECT bool_and(has_column_privilege(heap.oid, a.attnum, 'SELECT'))
    FROM pg_catalog.pg_attribute a WHERE a.attrelid = heap.oid AND a.attnum > 0 AND NOT a.attisdropped))))";

/// A root's changes are logged by its partitions, each with an identity of its own: it must serve the root's.
constexpr std::string_view candidates_query = R"(
WITH {identity}
SELECT c.oid, n.nspname, c.relname, CASE
    WHEN i.problem <> '' THEN i.problem
    WHEN p.problem IS NULL THEN ''
    WHEN p.problem <> '' THEN 'of its partition ' || p.name || ': ' || p.problem
    ELSE 'its partition ' || p.name || ' has another REPLICA IDENTITY than the table' END,
  pg_has_role(c.relowner, 'USAGE'),
  has_table_privilege(c.oid, 'SELECT') AND NOT EXISTS (SELECT FROM {leaves} WHERE {unreadable})
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN identity i ON i.oid = c.oid
LEFT JOIN LATERAL (
  SELECT pi.problem, pn.nspname || '.' || heap.relname AS name
  FROM {leaves}
  JOIN identity pi ON pi.oid = heap.oid
  JOIN pg_catalog.pg_namespace pn ON pn.oid = heap.relnamespace
  WHERE pi.problem <> '' OR (pi.letter <> i.letter AND (pi.letter <> 'f' OR i.letter = 'n'))
  ORDER BY 2 LIMIT 1) p ON c.relkind = 'p'
WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'
ORDER BY n.nspname, c.relname)";

/// The tables to describe, with column list and row filter: those of a publication, or some by their OIDs.
constexpr std::string_view tables_of_publication = R"(
  SELECT c.oid, n.nspname, c.relname, c.relkind, c.relreplident, c.relnamespace, {lists} AS attnames, {filter} AS rowfilter
  FROM pg_catalog.pg_publication_tables p
  JOIN pg_catalog.pg_namespace n ON n.nspname = p.schemaname
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename
  WHERE p.pubname = {publication})";
constexpr std::string_view tables_by_id = R"(
  SELECT c.oid, n.nspname, c.relname, c.relkind, c.relreplident, c.relnamespace, NULL::name[] AS attnames, NULL::text AS rowfilter
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid IN ({ids}))";

/// One row a column, what belongs to the table made once (with thousands of tables it is most of the work). A
/// deferrable primary key does not tell rows apart within a transaction, so it is none here.
constexpr std::string_view description_query = R"(
WITH published AS ({tables}),
  described AS MATERIALIZED (SELECT t.*, {member} AS member, {rows} AS rows FROM published t)
SELECT t.oid, t.nspname, t.relname, t.relkind, t.relreplident, COALESCE(t.rowfilter, ''), t.member, t.rows,
  a.attnum, a.attname, a.atttypid, a.attnotnull,
  COALESCE(array_position(pk.indkey::int2[], a.attnum) < pk.indnkeyatts, false),
  COALESCE(array_position(ik.indkey::int2[], a.attnum) < ik.indnkeyatts, false),
  {type}
FROM described t
LEFT JOIN pg_catalog.pg_index pk ON pk.indrelid = t.oid AND pk.indisprimary AND pk.indimmediate
LEFT JOIN pg_catalog.pg_index ik ON ik.indrelid = t.oid AND ik.indimmediate AND ik.indisvalid
  AND CASE t.relreplident WHEN 'd' THEN ik.indisprimary WHEN 'i' THEN ik.indisreplident ELSE false END
LEFT JOIN (pg_catalog.pg_attribute a
  CROSS JOIN {base}
  {joins})
  ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND (t.attnames IS NULL OR a.attname = ANY (t.attnames)) AND {generated}
ORDER BY t.nspname, t.relname, a.attnum)";

/// OID of the catalog row that publishes t: for it or the nearest ancestor, for a schema, for all tables.
std::string member_expression(int server_version, const std::string& publication) {
    const std::string pub =
        fmt::format("(SELECT oid FROM pg_catalog.pg_publication WHERE pubname = {})", publication);
    const std::string lineage =
        "(SELECT relid FROM pg_catalog.pg_partition_ancestors(t.oid) WITH ORDINALITY x(relid, depth) "
        "UNION SELECT t.oid)";
    std::string rows = fmt::format(
        "(SELECT m.oid FROM pg_catalog.pg_publication_rel m WHERE m.prpubid = {} AND m.prrelid IN {} "
        "ORDER BY m.prrelid = t.oid DESC, m.oid LIMIT 1)",
        pub, lineage);
    if (server_version >= has_schema_members)
        rows += fmt::format(
            ", (SELECT m.oid FROM pg_catalog.pg_publication_namespace m WHERE m.pnpubid = {} AND m.pnnspid "
            "IN "
            "(SELECT relnamespace FROM pg_catalog.pg_class WHERE oid IN {}) "
            "ORDER BY m.pnnspid = t.relnamespace DESC, m.oid LIMIT 1)",
            pub, lineage);
    return fmt::format("COALESCE({}, {}, 0)", rows, pub);
}

/// Rows by the planner's statistics, summed over leaves; -1 when no part was ever analysed.
std::string rows_expression(int server_version) {
    const std::string_view never = server_version >= reltuples_tells_never
                                       ? "heap.reltuples < 0"
                                       : "heap.reltuples = 0 AND heap.relpages = 0";
    return fmt::format("COALESCE((SELECT sum(heap.reltuples::float8) FROM {} WHERE NOT ({})), -1)::int8",
                       leaves_of("t.oid"), never);
}

SourceTable read_table(const pqxx::row& row) {
    SourceTable table;
    table.id = row[0].as<RelationId>();
    table.schema = row[1].c_str();
    table.name = row[2].c_str();
    table.kind = row[3].c_str()[0];
    table.identity = static_cast<ReplicaIdentity>(row[4].c_str()[0]);
    table.row_filter = row[5].c_str();
    table.publication_member = row[6].as<std::uint32_t>();
    table.estimated_rows = row[7].as<std::int64_t>();
    return table;
}

SourceColumn read_column(const pqxx::row& row) {
    SourceColumn column;
    column.attnum = static_cast<std::int16_t>(row[8].as<int>());
    column.name = row[9].c_str();
    column.declared_type_oid = row[10].as<std::uint32_t>();
    column.not_null = row[11].as<bool>();
    column.in_primary_key = row[12].as<bool>();
    column.in_identity = row[13].as<bool>();
    column.type = read_type(row, 14);
    return column;
}

}  // namespace

std::vector<CandidateTable> read_candidates(pqxx::transaction_base& work) {
    std::vector<CandidateTable> candidates;
    const auto query =
        fmt::format(fmt::runtime(candidates_query), fmt::arg("identity", identity_of_each_table),
                    fmt::arg("unreadable", unreadable_leaf), fmt::arg("leaves", leaves_of("c.oid")));
    for (const auto& row : work.exec(query)) {
        CandidateTable& table = candidates.emplace_back();
        table.id = row[0].as<RelationId>();
        table.schema = row[1].c_str();
        table.name = row[2].c_str();
        table.identity_problem = row[3].c_str();
        table.usable_identity = table.identity_problem.empty();
        table.owned = row[4].as<bool>();
        table.readable = row[5].as<bool>();
    }
    return candidates;
}

namespace {

std::vector<SourceTable> describe(pqxx::transaction_base& work, int server_version,
                                  const std::string& tables_sql, const std::string& member_sql) {
    using fmt::arg;
    const auto query =
        fmt::format(fmt::runtime(description_query), arg("tables", tables_sql), arg("member", member_sql),
                    arg("rows", rows_expression(server_version)),
                    arg("generated", server_version >= lists_tell_generated ? "true" : "a.attgenerated = ''"),
                    arg("base", base_type_of("a.atttypid", "a.atttypmod", "b")), arg("joins", type_joins()),
                    arg("type", type_columns));
    std::vector<SourceTable> tables;
    for (const auto& row : work.exec(query)) {
        if (tables.empty() || tables.back().id != row[0].as<RelationId>()) tables.push_back(read_table(row));
        if (!row[8].is_null()) tables.back().columns.push_back(read_column(row));
    }
    return tables;
}

}  // namespace

std::vector<SourceTable> read_published_tables(pqxx::transaction_base& work, int server_version,
                                               const std::string& publication) {
    using fmt::arg;
    const bool lists = server_version >= has_column_lists;
    const std::string name = quote_literal(publication);
    const auto tables =
        fmt::format(fmt::runtime(tables_of_publication), arg("lists", lists ? "p.attnames" : "NULL::name[]"),
                    arg("filter", lists ? "p.rowfilter" : "NULL::text"), arg("publication", name));
    return describe(work, server_version, tables, member_expression(server_version, name));
}

std::vector<SourceTable> read_candidate_tables(pqxx::transaction_base& work, int server_version,
                                               const std::vector<CandidateTable>& candidates) {
    if (candidates.empty()) return {};
    std::vector<RelationId> ids;
    for (const CandidateTable& candidate : candidates) ids.push_back(candidate.id);
    const auto tables = fmt::format(fmt::runtime(tables_by_id), fmt::arg("ids", fmt::join(ids, ", ")));
    // Below 18 generated columns are never sent, and from 18 on not by a publication of ours.
    return describe(work, std::min(server_version, lists_tell_generated - 1), tables, "0");
}

/// The copy reads the leaves of a partitioned table by themselves, so it needs the privilege on each. Row
/// level security that applies to us would hide rows.
std::vector<std::string> read_unreadable_tables(pqxx::transaction_base& work,
                                                const std::string& publication) {
    constexpr std::string_view query = R"(
SELECT DISTINCT n.nspname, heap.relname
FROM pg_catalog.pg_publication_tables p
JOIN pg_catalog.pg_namespace rn ON rn.nspname = p.schemaname
JOIN pg_catalog.pg_class r ON r.relnamespace = rn.oid AND r.relname = p.tablename
CROSS JOIN {leaves}
JOIN pg_catalog.pg_namespace n ON n.oid = heap.relnamespace
WHERE p.pubname = {publication} AND ({unreadable} OR NOT has_table_privilege(r.oid, 'SELECT'))
ORDER BY 1, 2)";
    std::vector<std::string> names;
    for (const auto& row : work.exec(
             fmt::format(fmt::runtime(query), fmt::arg("publication", quote_literal(publication)),
                         fmt::arg("unreadable", unreadable_leaf), fmt::arg("leaves", leaves_of("r.oid")))))
        names.push_back(fmt::format("{}.{}", row[0].c_str(), row[1].c_str()));
    return names;
}

}  // namespace walferry
