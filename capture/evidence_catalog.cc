#include "capture/evidence_catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <pqxx/pqxx>

#include "capture/catalog_sql.h"

namespace walferry {

namespace {

/// `oid:relfilenode:1 …`. ATTACH PARTITION updates the rows of the partition's columns by the command that
/// adds it to pg_inherits; where the table was made as a partition, they were written before, together with
/// those of its system columns.
constexpr std::string_view leaves_text = R"(
  (SELECT string_agg(heap.oid || ':' || heap.relfilenode || ':' || (EXISTS (
      SELECT FROM pg_catalog.pg_inherits i
      JOIN pg_catalog.pg_attribute s ON s.attrelid = i.inhrelid AND s.attnum = -1 AND s.xmin = i.xmin
      JOIN pg_catalog.pg_attribute u ON u.attrelid = i.inhrelid AND u.attnum > 0 AND u.xmin = i.xmin
        AND u.cmin::text::int8 < i.cmin::text::int8
      WHERE i.inhrelid = heap.oid))::int, ' ') FROM {leaves}))";

/// `attnum:xmin …`
constexpr std::string_view marks_text = R"(
  (SELECT string_agg(m.attnum || ':' || m.xmin, ' ') FROM pg_catalog.pg_attribute m
   WHERE m.attrelid = c.oid AND m.attnum > 0 AND NOT m.attisdropped AND NOT m.atthasmissing))";

std::string storage_columns() {
    return fmt::format(fmt::runtime(leaves_text), fmt::arg("leaves", leaves_of("c.oid"))) + ", " +
           std::string(marks_text) + ", c.relnatts";
}

/// The value that attmissingval, an array of one, holds: the array's text form, read as an array of texts.
/// Box has another delimiter, with which its values are not quoted.
constexpr std::string_view missing_value = R"(
  CASE WHEN a.atthasmissing THEN CASE WHEN mt.typdelim = ',' THEN (a.attmissingval::text::text[])[1]
    ELSE substr(a.attmissingval::text, 2, length(a.attmissingval::text) - 2) END END)";

constexpr std::string_view evidence_query = R"(
SELECT n.nspname, c.relname, c.relkind, c.relreplident, {storage},
  a.attnum, a.attisdropped, a.attname, a.atttypid, a.attnotnull, a.attgenerated <> '', {missing},
  COALESCE(array_position(pk.indkey::int2[], a.attnum) < pk.indnkeyatts, false),
  COALESCE(array_position(ik.indkey::int2[], a.attnum) < ik.indnkeyatts, false), t.*
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index pk ON pk.indrelid = c.oid AND pk.indisprimary AND pk.indimmediate
LEFT JOIN pg_catalog.pg_index ik ON ik.indrelid = c.oid AND ik.indimmediate AND ik.indisvalid
  AND CASE c.relreplident WHEN 'd' THEN ik.indisprimary WHEN 'i' THEN ik.indisreplident ELSE false END
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
LEFT JOIN pg_catalog.pg_type mt ON mt.oid = a.atttypid
LEFT JOIN LATERAL (SELECT {type} FROM {base} {joins}) t ON NOT a.attisdropped
WHERE c.oid = {id} AND c.relkind IN ('r', 'p')
ORDER BY a.attnum)";

template <class Number>
Number take_number(std::string_view& text) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty()) text.remove_prefix(1);  // the separator
    return number;
}

TableStorage read_storage_row(const pqxx::row& row, pqxx::row::size_type first) {
    TableStorage storage;
    for (std::string_view text = row[first].c_str(); !text.empty();) {
        TableStorage::Leaf& leaf = storage.leaves[take_number<RelationId>(text)];
        leaf.file_node = take_number<std::uint32_t>(text);
        leaf.made_as_partition = take_number<int>(text) != 0;
    }
    for (std::string_view text = row[first + 1].c_str(); !text.empty();) {
        const auto attnum = take_number<std::int16_t>(text);
        storage.marks[attnum] = take_number<std::uint32_t>(text);
    }
    storage.last_attnum = static_cast<std::int16_t>(row[first + 2].as<int>());
    return storage;
}

ColumnEvidence read_column(const pqxx::row& row, pqxx::row::size_type first) {
    const auto at = [&](int place) { return row[static_cast<pqxx::row::size_type>(first + place)]; };
    ColumnEvidence evidence;
    SourceColumn& column = evidence.column;
    column.attnum = static_cast<std::int16_t>(at(0).as<int>());
    column.dropped = at(1).as<bool>();
    if (column.dropped) return evidence;
    column.name = at(2).c_str();
    column.declared_type_oid = at(3).as<std::uint32_t>();
    column.not_null = at(4).as<bool>();
    evidence.generated = at(5).as<bool>();
    if (!at(6).is_null()) evidence.missing = at(6).c_str();
    column.in_primary_key = at(7).as<bool>();
    column.in_identity = at(8).as<bool>();
    column.type = read_type(row, first + 9);
    return evidence;
}

}  // namespace

const ColumnEvidence* TableEvidence::column(std::string_view wanted) const {
    for (const ColumnEvidence& evidence : columns) {
        if (!evidence.column.dropped && evidence.column.name == wanted) return &evidence;
    }
    return nullptr;
}

const ColumnEvidence* TableEvidence::column(std::int16_t attnum) const {
    for (const ColumnEvidence& evidence : columns) {
        if (evidence.column.attnum == attnum) return &evidence;
    }
    return nullptr;
}

std::optional<TableEvidence> read_table_evidence(pqxx::transaction_base& work, RelationId id) {
    using fmt::arg;
    const auto query =
        fmt::format(fmt::runtime(evidence_query), arg("storage", storage_columns()), arg("id", id),
                    arg("missing", missing_value), arg("type", type_columns),
                    arg("base", base_type_of("a.atttypid", "a.atttypmod", "b")), arg("joins", type_joins()));
    const pqxx::result rows = work.exec(query);
    if (rows.empty()) return std::nullopt;
    TableEvidence evidence;
    evidence.id = id;
    const pqxx::row first = rows[0];
    evidence.schema = first[0].c_str();
    evidence.name = first[1].c_str();
    evidence.kind = first[2].c_str()[0];
    evidence.identity = static_cast<ReplicaIdentity>(first[3].c_str()[0]);
    evidence.storage = read_storage_row(first, 4);
    for (const auto& row : rows) {
        if (!row[7].is_null()) evidence.columns.push_back(read_column(row, 7));
    }
    return evidence;
}

std::vector<std::optional<SourceType>> read_types(pqxx::transaction_base& work,
                                                  const std::vector<StreamType>& types) {
    std::vector<std::optional<SourceType>> found(types.size());
    if (types.empty()) return found;
    std::vector<std::string> wanted;
    for (std::size_t i = 0; i < types.size(); ++i)
        wanted.push_back(fmt::format("({}, {}::oid, {}::int4)", i, types[i].oid, types[i].modifier));
    const auto query = fmt::format(
        "SELECT w.place, {} FROM (VALUES {}) w(place, oid, typmod) CROSS JOIN {} {}", type_columns,
        fmt::join(wanted, ", "), base_type_of("w.oid", "w.typmod", "b"), type_joins());
    for (const auto& row : work.exec(query)) found[row[0].as<std::size_t>()] = read_type(row, 1);
    return found;
}

std::map<RelationId, TableStorage> read_storage(pqxx::transaction_base& work,
                                                const std::vector<RelationId>& ids) {
    std::map<RelationId, TableStorage> found;
    if (ids.empty()) return found;
    for (const auto& row :
         work.exec(fmt::format("SELECT c.oid, {} FROM pg_catalog.pg_class c WHERE c.oid IN ({})",
                               storage_columns(), fmt::join(ids, ", "))))
        found[row[0].as<RelationId>()] = read_storage_row(row, 1);
    return found;
}

}  // namespace walferry
