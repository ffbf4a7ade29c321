#pragma once

#include <functional>
#include <string>

#include "pipeline/verify/compared_table.h"
#include "pipeline/verify/row_side.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// A target in DuckDB, hashed in this process over its vectors.
class DuckDbSide : public RowSide {
 public:
    /// `go_on` is asked now and then, and ends a scan with its error.
    DuckDbSide(WarehouseSession& session, const ComparedTable& table, std::function<Status()> go_on);

    Status sum(BucketSums& to) override;
    Status find(const BucketSet& buckets, const TakeFound& take) override;
    Status look_up(std::span<const WantedRow> rows, TextWish texts, const TakeSeen& take) override;

 private:
    std::string select(const std::string& more, const std::string& filter) const;
    /// A condition that the wanted rows fulfil and that DuckDB can use to read less; empty where there is
    /// none.
    std::string narrow(std::span<const WantedRow> rows) const;
    Status scan(const std::string& sql, const TakeHashedRows& take);

    WarehouseSession& session_;
    const ComparedTable& table_;
    std::vector<HashedColumn> hashed_;
    std::function<Status()> go_on_;
};

}  // namespace walferry
