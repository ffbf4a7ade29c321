#include "pipeline/verify/duckdb_side.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unordered_set>

#include "model/quote.h"

namespace walferry {
namespace {

/// More of them make a query slower than a scan.
constexpr std::size_t keys_in_filter_max = 5000;

/// The value as PostgreSQL reads it.
std::string key_text(const ComparedTable::Column& column) {
    if (column.compared.hashed.form == ValueForm::Bytes && !column.compared.hashed.list)
        return fmt::format("'\\x' || lower(hex({}))", column.target_name);
    return fmt::format("CAST({} AS VARCHAR)", column.target_name);
}

std::string shown_text(const ComparedTable::Column& column, TextWish wish) {
    const std::string text = key_text(column);
    return wish.bytes_max == TextWish::all ? text : fmt::format("left({}, {})", text, wish.bytes_max);
}

/// Whether the source's text of a key stands for the same value in DuckDB.
bool reads_alike(ValueForm form) {
    return form == ValueForm::Int32 || form == ValueForm::Int64 || form == ValueForm::Text ||
           form == ValueForm::Uuid;
}

}  // namespace

DuckDbSide::DuckDbSide(WarehouseSession& session, const ComparedTable& table, std::function<Status()> go_on)
    : session_(session), table_(table), hashed_(table.hashed()), go_on_(std::move(go_on)) {}

std::string DuckDbSide::select(const std::string& more, const std::string& filter) const {
    std::vector<std::string> names;
    for (const ComparedTable::Column& column : table_.columns) names.push_back(column.target_name);
    std::string sql =
        fmt::format("SELECT {}{} FROM {} AS t", fmt::join(names, ", "), more, table_.target_rows);
    if (!table_.target_filter.empty()) sql += fmt::format(" WHERE ({})", table_.target_filter);
    if (!filter.empty())
        sql += fmt::format("{} ({})", table_.target_filter.empty() ? " WHERE" : " AND", filter);
    return sql;
}

Status DuckDbSide::scan(const std::string& sql, const TakeHashedRows& take) {
    return session_.scan_hashed(sql, hashed_, table_.key_count, [&](const HashedRows& rows) -> Status {
        WALFERRY_TRYV(go_on_());
        return take(rows);
    });
}

Status DuckDbSide::sum(BucketSums& to) {
    const bool keyed = table_.key_count != 0;
    return scan(select("", table_.target_part), [&](const HashedRows& rows) -> Status {
        const auto& keys = keyed ? rows.key_hashes : rows.row_hashes;
        for (std::size_t i = 0; i < rows.count; ++i) to.add(keys[i] & to.mask(), 1, rows.row_hashes[i]);
        return success();
    });
}

Status DuckDbSide::find(const BucketSet& buckets, const TakeFound& take) {
    std::string keys;
    for (std::size_t i = 0; i < table_.key_count; ++i) keys += ", " + key_text(table_.columns[i]);
    const bool keyed = table_.key_count != 0;
    return scan(select(keys, table_.target_part), [&](const HashedRows& rows) -> Status {
        const auto& hashes = keyed ? rows.key_hashes : rows.row_hashes;
        for (std::size_t i = 0; i < rows.count; ++i) {
            if (!buckets.has(hashes[i])) continue;
            std::vector<std::optional<std::string>> key;
            for (std::size_t place = 0; place < table_.key_count; ++place)
                key.emplace_back(std::string(rows.text(place, i).value_or("")));
            take({hashes[i], rows.row_hashes[i], pack_texts(key)});
        }
        return success();
    });
}

std::string DuckDbSide::narrow(std::span<const WantedRow> rows) const {
    if (table_.key_count == 0 || rows.size() > keys_in_filter_max) return {};
    // One column is enough: the rest is told by the hash.
    for (std::size_t i = 0; i < table_.key_count; ++i) {
        const ComparedTable::Column& column = table_.columns[i];
        if (column.compared.hashed.list || !reads_alike(column.compared.hashed.form)) continue;
        // One constant is read much faster than a list of them.
        const bool is_plain = column.compared.hashed.form != ValueForm::Text;
        std::vector<std::string> values;
        for (const WantedRow& row : rows) {
            values.push_back(unpack_texts(row.key).at(i));
            if (!is_plain) values.back() = quote_literal(values.back());
        }
        const std::string list = fmt::format("[{}]", fmt::join(values, ","));
        return fmt::format("{} IN (SELECT unnest(CAST({} AS {}[])))", column.target_name,
                           is_plain ? quote_literal(list) : list, column.target_type);
    }
    return {};
}

Status DuckDbSide::look_up(std::span<const WantedRow> wanted, TextWish texts, const TakeSeen& take) {
    if (wanted.empty()) return success();
    std::unordered_set<std::uint64_t> hashes;
    for (const WantedRow& row : wanted) hashes.insert(row.key_hash);
    std::string more = table_.target_lsn.empty() ? ", CAST(NULL AS VARCHAR)"
                                                 : fmt::format(", CAST({} AS VARCHAR)", table_.target_lsn);
    for (const ComparedTable::Column& column : table_.columns) {
        if (texts.bytes_max > 0) more += ", " + shown_text(column, texts);
    }
    const bool keyed = table_.key_count != 0;
    return scan(select(more, narrow(wanted)), [&](const HashedRows& rows) -> Status {
        const auto& found = keyed ? rows.key_hashes : rows.row_hashes;
        for (std::size_t i = 0; i < rows.count; ++i) {
            if (!hashes.contains(found[i])) continue;
            SeenRow seen;
            for (const auto& column : rows.column_hashes) seen.column_hashes.push_back(column[i]);
            seen.version = std::string(rows.text(0, i).value_or(""));
            for (std::size_t place = 1; texts.bytes_max > 0 && place <= table_.columns.size(); ++place) {
                const auto text = rows.text(place, i);
                seen.texts.push_back(text ? std::optional<std::string>(*text) : std::nullopt);
            }
            take(found[i], std::move(seen));
        }
        return success();
    });
}

}  // namespace walferry
