#pragma once

#include <functional>
#include <string>
#include <vector>

#include "capture/source_query.h"
#include "pipeline/verify/compared_table.h"
#include "pipeline/verify/row_side.h"

namespace walferry {

/// Rows in a PostgreSQL server, hashed there: the source's, or those of a PostgreSQL warehouse.
class PostgresSide : public RowSide {
 public:
    /// A part of the rows, read by one statement.
    struct Part {
        std::string from;    ///< FROM list
        std::string filter;  ///< SQL, empty without
    };
    struct Columns {
        std::vector<HashedColumn> hashed;
        std::vector<std::string> values;  ///< ComparedColumn's
        std::vector<std::string> names;   ///< quoted
        std::vector<std::string> types;   ///< SQL, of what a key's text is read as
        std::size_t key_count = 0;
    };
    struct Parts {
        /// Runs statements and gives the rows of the last one.
        std::function<Result<TextRows>(const std::string& sql)> ask;
        Columns columns;
        std::vector<Part> scanned;  ///< all rows, each once
        Part whole;                 ///< where single rows are looked up
        std::string version;        ///< SQL expression of SeenRow::version
        /// Told after each of `scanned` how many rows it had; may wait, or end the scan.
        std::function<Status(std::uint64_t rows)> scanned_rows;
    };
    explicit PostgresSide(Parts parts) : parts_(std::move(parts)) {}

    Status sum(BucketSums& to) override;
    Status find(const BucketSet& buckets, const TakeFound& take) override;
    Status look_up(std::span<const WantedRow> rows, TextWish texts, const TakeSeen& take) override;

 private:
    using TakeRow = std::function<void(const std::vector<std::optional<std::string>>&)>;
    /// Through a cursor, so that memory does not grow with the result.
    Status each_row(const std::string& query, const TakeRow& take);
    std::string hash_of(std::size_t first, std::size_t end) const;
    std::string key_hash() const;
    std::string row_hash() const;
    std::string look_up_sql(std::span<const WantedRow> rows, TextWish texts) const;

    Parts parts_;
};

/// Keys as an item of a FROM list, k, with the columns walferry_n (from 1, in their order) and walferry_key0
/// … of these SQL types. One constant a column, for a server takes long to read a list of thousands.
std::string keys_sql(std::span<const WantedRow> rows, std::span<const std::string> types);

/// The source's side: heaps are read range of pages by range of pages, `slowly` smaller ones. A part of the
/// table is read by one statement, unless `slowly`.
Result<PostgresSide::Parts> source_side(SourceQuery& query, const ComparedTable& table, bool slowly);

PostgresSide::Parts warehouse_side(const ComparedTable& table);

}  // namespace walferry
