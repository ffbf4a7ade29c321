#pragma once

#include <map>
#include <string>

#include "dlq/dead_letter_replay.h"
#include "pipeline/verify/candidate_judge.h"
#include "pipeline/verify/compared_table.h"
#include "pipeline/verify/fence.h"

namespace walferry {

/// Makes single rows of a target what they are at the source, through the pipeline's only writer.
///
/// Time must not go back: what is written has to be the source's row as of the checkpoint, neither older (the
/// stream has gone past it) nor newer (the stream will bring what is between). So: read the source's row;
/// wait until the checkpoint is past that; then, between two batches, wait until nobody writes to the table
/// who did so then, read the row again, and write it only if it still is the same version. A change that the
/// target has would be visible by then, and a later one gets a later position. Else all of it again.
class RowRepair {
 public:
    struct Parts {
        const ComparedTable& table;
        const ControlSchema& control;
        SourceQuery& query;
        Fence& fence;
        const SingleWriter& writer;
        GoOn go_on;
    };
    explicit RowRepair(Parts parts) : parts_(std::move(parts)) {}

    /// Kind Data: this row can't be repaired, and why. Nothing of it was written then.
    Status repair(const JudgedRow& row);

 private:
    struct SourceRow {
        std::string version;                            ///< empty: there is none
        std::vector<std::optional<std::string>> texts;  ///< by load position
        std::string time;                               ///< the source's clock, microseconds since 2000
    };
    Result<SourceRow> read(const WantedRow& row) const;
    Result<bool> try_once(const WantedRow& row) const;
    Result<bool> may_write(const WantedRow& row, const SourceRow& read_before) const;
    Status write(WarehouseSession& session, const WantedRow& row, const SourceRow& source,
                 Lsn position) const;
    Status erase(WarehouseSession& session, const WantedRow& row, bool mark, Lsn position) const;
    Status put(WarehouseSession& session, const DeadLetter& letter) const;
    DeadLetter letter(const WantedRow& row, const SourceRow& source, Lsn position) const;
    std::string row_as_json(const SourceRow& source) const;

    Parts parts_;
};

}  // namespace walferry
