#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "capture/source_query.h"
#include "pipeline/verify/compared_table.h"
#include "pipeline/verify/row_side.h"

namespace walferry {

/// A key, and the source's row of it.
struct SourceRow {
    std::vector<std::optional<std::string>> key;    ///< as the source writes it
    std::string version;                            ///< another one after every change; empty: no such row
    std::vector<std::optional<std::string>> texts;  ///< by load position, in clear; empty: no such row
    bool ambiguous = false;                         ///< the source has several rows of the key
};

/// Reads whole rows of the source by their keys, for those who write them. Memory is bounded by bytes: rows
/// that are large are read a few at a time. One thread.
class SourceRows {
 public:
    SourceRows(SourceQuery& query, const ComparedTable& table) : query_(query), table_(table) {}

    /// Of the first of these keys, in their order; at least of one, and of all where the rows are not large.
    Result<std::vector<SourceRow>> read(std::span<const WantedRow> rows);
    /// SourceRow::version of each, in their order.
    Result<std::vector<std::string>> versions(std::span<const WantedRow> rows);

 private:
    std::string select(std::span<const WantedRow> rows, bool values) const;
    Result<std::size_t> read_some(std::span<const WantedRow> rows, std::vector<SourceRow>& to);

    SourceQuery& query_;
    const ComparedTable& table_;
    std::size_t rows_a_statement_ = 16;  ///< grows and shrinks with the size of the rows that were seen
};

}  // namespace walferry
