#include "pipeline/verify/postgres_side.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "model/quote.h"
#include "warehouse/row_hash/hash_sql.h"

namespace walferry {
namespace {

constexpr std::size_t rows_a_fetch = 10'000;
constexpr std::size_t keys_a_statement = 5000;
constexpr std::uint64_t pages_a_range = 65536, pages_a_slow_range = 4096;
constexpr int version_with_ctid_ranges = 140000;

std::uint64_t read_int(const std::optional<std::string>& text) {
    std::int64_t value = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), value);
    return static_cast<std::uint64_t>(value);
}

/// A sum of int8 values is a numeric of any length: modulo 2^64.
std::uint64_t read_sum(const std::optional<std::string>& text) {
    std::uint64_t value = 0;
    if (!text) return 0;
    for (const char digit : *text) {
        if (digit >= '0' && digit <= '9') value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    return text->starts_with('-') ? 0 - value : value;
}

std::string where(const std::string& filter) {
    return filter.empty() ? "" : fmt::format(" WHERE ({})", filter);
}

/// A value as a person reads it.
std::string text_sql(const std::string& column, TextWish wish) {
    const std::string text = fmt::format("pg_catalog.concat({})", column);
    const std::string shown =
        wish.bytes_max == TextWish::all ? text : fmt::format("pg_catalog.left({}, {})", text, wish.bytes_max);
    return fmt::format("CASE WHEN {} IS NOT DISTINCT FROM NULL THEN NULL ELSE {} END", column, shown);
}

/// An element of an array's text.
void append_element(std::string& array, const std::string& value) {
    array += array.size() == 1 ? "\"" : ",\"";
    for (const char letter : value) {
        if (letter == '"' || letter == '\\') array += '\\';
        array += letter;
    }
    array += '"';
}

}  // namespace

std::string keys_sql(std::span<const WantedRow> rows, std::span<const std::string> types) {
    std::vector<std::string> arrays(types.size(), "{"), read, texts, keys;
    for (const WantedRow& row : rows) {
        const std::vector<std::string> key = unpack_texts(row.key);
        for (std::size_t i = 0; i < types.size(); ++i) append_element(arrays[i], key.at(i));
    }
    for (std::size_t i = 0; i < types.size(); ++i) {
        read.push_back(fmt::format("pg_catalog.unnest({}::text[])", quote_literal(arrays[i] + "}")));
        texts.push_back(fmt::format("walferry_text{}", i));
        keys.push_back(fmt::format("walferry_text{0}::{1} AS walferry_key{0}", i, types[i]));
    }
    return fmt::format(
        "(SELECT walferry_n, {} FROM ROWS FROM ({}) WITH ORDINALITY AS walferry_texts({}, walferry_n)) AS k",
        fmt::join(keys, ", "), fmt::join(read, ", "), fmt::join(texts, ", "));
}

Status PostgresSide::each_row(const std::string& query, const TakeRow& take) {
    WALFERRY_TRYV(
        parts_.ask("BEGIN READ ONLY; SET LOCAL random_page_cost = DEFAULT; DECLARE walferry_rows NO SCROLL "
                   "CURSOR FOR " +
                   query));
    const Status read = [&]() -> Status {
        for (;;) {
            WALFERRY_TRY(rows, parts_.ask(fmt::format("FETCH {} FROM walferry_rows", rows_a_fetch)));
            for (const auto& row : rows) take(row);
            if (rows.size() < rows_a_fetch) return success();
        }
    }();
    const auto ended = parts_.ask("ROLLBACK");
    if (!read) return read;
    if (!ended) return ended.error();
    return success();
}

std::string PostgresSide::hash_of(std::size_t first, std::size_t end) const {
    std::string sql;
    for (std::size_t i = first; i < end; ++i) {
        if (i > first) sql += " # ";
        sql += fmt::format(
            "({})", hash_sql(parts_.columns.hashed[i], parts_.columns.values[i], parts_.columns.names[i]));
    }
    return sql;
}

std::string PostgresSide::row_hash() const {
    return hash_of(0, parts_.columns.hashed.size());
}

std::string PostgresSide::key_hash() const {
    return parts_.columns.key_count == 0 ? row_hash() : hash_of(0, parts_.columns.key_count);
}

Status PostgresSide::sum(BucketSums& to) {
    for (const Part& part : parts_.scanned) {
        const std::string query = fmt::format(
            "SELECT (k & {0})::int4, pg_catalog.count(*), pg_catalog.sum(h) FROM (SELECT {1} AS k, {2} AS h "
            "FROM {3}{4}) AS q GROUP BY 1",
            to.mask(), key_hash(), row_hash(), part.from, where(part.filter));
        std::uint64_t rows = 0;
        WALFERRY_TRYV(each_row(query, [&](const auto& row) {
            const std::uint64_t count = read_int(row.at(1));
            to.add(read_int(row.at(0)), count, read_sum(row.at(2)));
            rows += count;
        }));
        WALFERRY_TRYV(parts_.scanned_rows(rows));
    }
    return success();
}

Status PostgresSide::find(const BucketSet& buckets, const TakeFound& take) {
    std::string list;
    for (std::size_t i = 0; i < buckets.wanted.size(); ++i) {
        if (buckets.wanted[i]) list += fmt::format("{}{}", list.empty() ? "" : ",", i);
    }
    std::string keys;
    for (std::size_t i = 0; i < parts_.columns.key_count; ++i)
        keys += fmt::format(", pg_catalog.concat({})", parts_.columns.names[i]);
    for (const Part& part : parts_.scanned) {
        std::uint64_t rows = 0;
        const std::string query = fmt::format(
            "SELECT q.* FROM (SELECT {} AS k, {} AS h{} FROM {}{}) AS q JOIN pg_catalog.unnest('{{{}}}'::"
            "int4[]) AS b(n) ON (q.k & {})::int4 = b.n",
            key_hash(), row_hash(), keys, part.from, where(part.filter), list, buckets.mask);
        WALFERRY_TRYV(each_row(query, [&](const auto& row) {
            ++rows;
            take({read_int(row.at(0)), read_int(row.at(1)), pack_texts({row.begin() + 2, row.end()})});
        }));
        WALFERRY_TRYV(parts_.scanned_rows(rows));
    }
    return success();
}

std::string PostgresSide::look_up_sql(std::span<const WantedRow> rows, TextWish texts) const {
    const Columns& columns = parts_.columns;
    std::string list = parts_.version.empty() ? "NULL" : parts_.version;
    for (std::size_t i = 0; i < columns.hashed.size(); ++i) list += ", " + hash_of(i, i + 1);
    for (std::size_t i = 0; texts.bytes_max > 0 && i < columns.hashed.size(); ++i)
        list += ", " + text_sql(columns.names[i], texts);
    std::vector<std::string> wanted, match;
    if (columns.key_count == 0) {
        for (const WantedRow& row : rows) wanted.push_back(int8_literal(row.key_hash));
        const std::string filter = fmt::format("{} = ANY(ARRAY[{}])", row_hash(), fmt::join(wanted, ","));
        return fmt::format("SELECT {}, {} FROM {} WHERE {}{}", row_hash(), list, parts_.whole.from, filter,
                           parts_.whole.filter.empty() ? "" : fmt::format(" AND ({})", parts_.whole.filter));
    }
    for (std::size_t i = 0; i < columns.key_count; ++i)
        match.push_back(fmt::format("{} = walferry_key{}", columns.names[i], i));
    return fmt::format("SELECT {}, {} FROM {} JOIN {} ON {}{}", key_hash(), list,
                       keys_sql(rows, {columns.types.data(), columns.key_count}), parts_.whole.from,
                       fmt::join(match, " AND "), where(parts_.whole.filter));
}

Status PostgresSide::look_up(std::span<const WantedRow> rows, TextWish texts, const TakeSeen& take) {
    const std::size_t columns = parts_.columns.hashed.size();
    for (std::size_t from = 0; from < rows.size(); from += keys_a_statement) {
        const auto some = rows.subspan(from, std::min(keys_a_statement, rows.size() - from));
        WALFERRY_TRY(found, parts_.ask(look_up_sql(some, texts)));
        for (auto& row : found) {
            SeenRow seen;
            seen.version = row.at(1).value_or("");
            for (std::size_t i = 0; i < columns; ++i) seen.column_hashes.push_back(read_int(row.at(2 + i)));
            for (std::size_t i = 2 + columns; i < row.size(); ++i) seen.texts.push_back(std::move(row[i]));
            take(read_int(row.at(0)), std::move(seen));
        }
    }
    return success();
}

namespace {

PostgresSide::Columns columns_of(const ComparedTable& table, bool at_source) {
    PostgresSide::Columns columns;
    columns.hashed = table.hashed();
    columns.key_count = table.key_count;
    for (const ComparedTable::Column& column : table.columns) {
        columns.values.push_back(at_source ? column.compared.source_value : column.compared.target_value);
        columns.names.push_back(at_source ? column.name : column.target_name);
        columns.types.push_back(at_source ? column.source_type : column.target_type);
    }
    return columns;
}

std::string and_also(const std::string& left, const std::string& right) {
    if (left.empty() || right.empty()) return left + right;
    return fmt::format("({}) AND ({})", left, right);
}

void add_ranges(const SourceHeap& heap, std::uint64_t pages, const PostgresSide::Part& whole,
                std::vector<PostgresSide::Part>& parts) {
    for (std::uint64_t page = 0; page == 0 || page < heap.pages; page += pages) {
        std::string range = page == 0 ? "" : fmt::format("ctid >= '({},0)'::pg_catalog.tid", page);
        if (page + pages < heap.pages) {
            range = and_also(range, fmt::format("ctid < '({},0)'::pg_catalog.tid", page + pages));
        }
        parts.push_back({whole.from, and_also(range, whole.filter)});
    }
}

}  // namespace

Result<PostgresSide::Parts> source_side(SourceQuery& query, const ComparedTable& table, bool slowly) {
    PostgresSide::Parts parts;
    parts.ask = [&query](const std::string& sql) { return query.rows(sql); };
    parts.columns = columns_of(table, true);
    parts.whole = {source_from(table.plan.source) + " AS t", table.plan.source.row_filter};
    parts.version = "pg_catalog.concat_ws(' ', t.tableoid, t.xmin, t.ctid)";
    parts.scanned_rows = [](std::uint64_t) { return success(); };
    const std::string filter = and_also(table.plan.source.row_filter, table.source_part);
    if (!table.source_part.empty() && !slowly) {
        // The planner leaves partitions out, and takes an index where there is one.
        parts.scanned.push_back({parts.whole.from, filter});
        return parts;
    }
    WALFERRY_TRY(heaps, query.heaps(table.plan.source));
    for (const SourceHeap& heap : heaps) {
        const PostgresSide::Part whole{
            fmt::format("ONLY {}.{}", quote_identifier(heap.schema), quote_identifier(heap.name)), filter};
        if (query.server_version() >= version_with_ctid_ranges) {
            add_ranges(heap, slowly ? pages_a_slow_range : pages_a_range, whole, parts.scanned);
        } else {
            parts.scanned.push_back(whole);
        }
    }
    return parts;
}

PostgresSide::Parts warehouse_side(const ComparedTable& table) {
    PostgresSide::Parts parts;
    parts.columns = columns_of(table, false);
    parts.whole = {table.target_rows + " AS t", table.target_filter};
    parts.scanned.push_back({parts.whole.from, and_also(table.target_filter, table.target_part)});
    parts.version = table.target_lsn.empty() ? "" : table.target_lsn + "::text";
    parts.scanned_rows = [](std::uint64_t) { return success(); };
    return parts;
}

}  // namespace walferry
