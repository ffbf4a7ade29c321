#include "capture/snapshot/copy_select.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <limits>

#include "model/quote.h"

namespace walferry {

std::string copy_select(const SourceTable& table, const CopyChunk& chunk, const std::vector<bool>& as_text) {
    assert(as_text.size() == table.columns.size());
    std::string columns;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const std::string name = quote_identifier(table.columns[i].name);
        if (i > 0) columns += ", ";
        // Not `IS NULL`, which is also true for a composite value whose fields are all NULL.
        columns += as_text[i] ? fmt::format(
                                    "CASE WHEN {0} IS NOT DISTINCT FROM NULL THEN NULL "
                                    "ELSE pg_catalog.format('%s', {0}) END",
                                    name)
                              : name;
    }
    std::string where;
    const auto add = [&](const std::string& condition) {
        where += where.empty() ? " WHERE " : " AND ";
        where += condition;
    };
    if (chunk.first_page > 0) add(fmt::format("ctid >= '({},0)'::pg_catalog.tid", chunk.first_page));
    if (chunk.end_page) add(fmt::format("ctid < '({},0)'::pg_catalog.tid", *chunk.end_page));
    if (!table.row_filter.empty()) add(fmt::format("({})", table.row_filter));
    return fmt::format("COPY (SELECT {} FROM ONLY {}.{}{}) TO STDOUT (FORMAT binary)", columns,
                       quote_identifier(chunk.schema), quote_identifier(chunk.name), where);
}

std::vector<CopyChunk> split_heap(const CopyChunk& heap, std::uint64_t heap_pages, std::uint32_t pages,
                                  bool by_ctid) {
    constexpr std::uint64_t page_max = std::numeric_limits<std::uint32_t>::max();
    std::vector<CopyChunk> chunks{heap};
    if (!by_ctid) return chunks;
    const std::uint64_t step = std::max<std::uint64_t>(pages, 1);
    for (std::uint64_t page = step; page < std::min(heap_pages, page_max); page += step) {
        chunks.back().end_page = static_cast<std::uint32_t>(page);
        chunks.push_back(heap);
        chunks.back().first_page = static_cast<std::uint32_t>(page);
    }
    return chunks;
}

}  // namespace walferry
