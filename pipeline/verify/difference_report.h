#pragma once

#include <vector>

#include "pipeline/verify/letter_index.h"
#include "pipeline/verify/row_repair.h"
#include "pipeline/verify/verify_report.h"

namespace walferry {

/// Tells of the rows of one target that differ, in the order in which they come. Where they are to be
/// repaired, it gathers some, and tells of them when that is done.
class DifferenceReport {
 public:
    struct Parts {
        const ComparedTable& table;
        const VerifyOptions& options;
        const VerifyListener& listener;
        const LetterIndex& letters;
        RowRepair* repair = nullptr;  ///< null: nothing is repaired
        std::uint64_t& found;         ///< differences of the whole run, for its limit
        TableVerification& result;
    };
    explicit DifferenceReport(Parts parts) : parts_(std::move(parts)) {}

    /// `is_limit` tells the error that ends a run which has found as much as it should.
    Status add(JudgedRow row);
    /// Repairs and tells what is left.
    Status flush();

 private:
    Difference describe(const JudgedRow& row) const;
    Status tell(const JudgedRow& row, const Difference& difference);

    Parts parts_;
    std::vector<JudgedRow> waiting_;
    std::uint64_t waiting_copies_ = 0;
};

bool is_limit(const Error& error);

}  // namespace walferry
