#include "pipeline/verify/source_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "model/quote.h"
#include "pipeline/verify/postgres_side.h"

namespace walferry {
namespace {

constexpr std::size_t statement_rows_max = 5000;
/// Of the rows that are read by one statement, and by one call.
constexpr std::size_t statement_bytes = 4u << 20, read_bytes_max = 32u << 20;

/// keys_sql counts from 1.
std::size_t place_of(const std::optional<std::string>& text) {
    std::size_t number = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), number);
    return number - 1;
}

}  // namespace

/// Each wanted key by its number, with what the source has of it; keys without a row, too.
std::string SourceRows::select(std::span<const WantedRow> rows, bool values) const {
    const TablePlan& plan = table_.plan;
    std::vector<std::string> list = {
        "k.walferry_n",
        "CASE WHEN t.ctid IS NOT NULL THEN pg_catalog.concat_ws(' ', t.tableoid, t.xmin, t.ctid) END"};
    std::vector<std::string> types, match;
    for (std::size_t i = 0; i < table_.key_count; ++i) {
        types.push_back(table_.columns[i].source_type);
        match.push_back(fmt::format("t.{} = k.walferry_key{}", table_.columns[i].name, i));
        if (values) list.push_back(fmt::format("pg_catalog.concat(k.walferry_key{})", i));
    }
    for (std::size_t i = 0; values && i < plan.data_count(); ++i) {
        const SourceColumn& column = plan.source.columns[plan.source_index[i]];
        list.push_back(column.dropped
                           ? "NULL"
                           : fmt::format("CASE WHEN t.{0} IS NOT DISTINCT FROM NULL THEN NULL ELSE "
                                         "pg_catalog.concat(t.{0}) END",
                                         quote_identifier(column.name)));
    }
    const std::string& filter = plan.source.row_filter;
    return fmt::format("SELECT {} FROM {} LEFT JOIN {} AS t ON {}{}", fmt::join(list, ", "),
                       keys_sql(rows, types), source_from(plan.source), fmt::join(match, " AND "),
                       filter.empty() ? "" : fmt::format(" AND ({})", filter));
}

/// Gives the bytes of what it read.
Result<std::size_t> SourceRows::read_some(std::span<const WantedRow> rows, std::vector<SourceRow>& to) {
    WALFERRY_TRY(found, query_.rows(select(rows, true)));
    const std::size_t first = to.size();
    to.resize(first + rows.size());
    std::size_t bytes = 0;
    for (auto& values : found) {
        SourceRow& row = to.at(first + place_of(values.at(0)));
        const auto key_end = values.begin() + 2 + static_cast<std::ptrdiff_t>(table_.key_count);
        row.ambiguous = !row.version.empty();
        row.version = values.at(1).value_or("");
        row.key.assign(values.begin() + 2, key_end);
        if (row.version.empty()) continue;
        for (const auto& text : values) bytes += text ? text->size() : 0;
        row.texts.assign(std::make_move_iterator(key_end), std::make_move_iterator(values.end()));
    }
    return bytes;
}

Result<std::vector<SourceRow>> SourceRows::read(std::span<const WantedRow> rows) {
    std::vector<SourceRow> read;
    for (std::size_t bytes = 0; read.size() < rows.size() && bytes < read_bytes_max;) {
        const std::size_t count = std::min(rows_a_statement_, rows.size() - read.size());
        WALFERRY_TRY(more, read_some(rows.subspan(read.size(), count), read));
        bytes += more;
        const std::size_t fitting = statement_bytes / (more / count + 1);
        rows_a_statement_ =
            std::clamp(fitting, std::size_t{1}, std::min(rows_a_statement_ * 8, statement_rows_max));
    }
    return read;
}

Result<std::vector<std::string>> SourceRows::versions(std::span<const WantedRow> rows) {
    std::vector<std::string> versions(rows.size());
    for (std::size_t from = 0; from < rows.size(); from += statement_rows_max) {
        const auto some = rows.subspan(from, std::min(statement_rows_max, rows.size() - from));
        WALFERRY_TRY(found, query_.rows(select(some, false)));
        for (const auto& values : found)
            versions.at(from + place_of(values.at(0))) = values.at(1).value_or("");
    }
    return versions;
}

}  // namespace walferry
