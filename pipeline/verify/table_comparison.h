#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pipeline/verify/fence.h"
#include "pipeline/verify/row_side.h"

namespace walferry {

/// Finds the rows in which two sides differ at a first look, which may be because they are under way. Reads
/// each side once where all is equal. Memory is bounded: where much differs, the sides are read again and
/// again, some buckets at a time.
class TableComparison {
 public:
    struct Parts {
        RowSide& source;
        RowSide& target;
        /// Makes the target catch up with what the source had when it was read.
        std::function<Status()> catch_up;
        bool keyed = true;
    };
    using TakeCandidates = std::function<Status(std::vector<WantedRow>)>;

    explicit TableComparison(Parts parts) : parts_(std::move(parts)) {}

    Status run(const TakeCandidates& take);

    std::uint64_t source_rows() const { return source_rows_; }
    std::uint64_t target_rows() const { return target_rows_; }

 private:
    Status sum(BucketSums& source, BucketSums& target);
    Status compare(const BucketSet& buckets, const TakeCandidates& take);
    Status compare_counted(const BucketSet& buckets, const TakeCandidates& take);

    Parts parts_;
    std::uint64_t source_rows_ = 0, target_rows_ = 0;
};

}  // namespace walferry
