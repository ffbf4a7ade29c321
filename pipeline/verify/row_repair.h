#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apply/contract.h"
#include "apply/row_encoder.h"
#include "apply/value_transform.h"
#include "dlq/dead_letter_replay.h"
#include "pipeline/verify/candidate_judge.h"
#include "pipeline/verify/compared_table.h"
#include "pipeline/verify/fence.h"
#include "pipeline/verify/repair_writer.h"
#include "pipeline/verify/source_rows.h"

namespace walferry {

/// Makes rows of a target what they are at the source, through the pipeline's only writer, many at a time.
///
/// Time must not go back: what is written of a row has to be the source's as of the checkpoint, neither older
/// (the stream has gone past it) nor newer (the stream will bring what is between). So, for many rows at
/// once:
///
///   read the source's rows; position := where its log is written then
///   wait until the checkpoint is past `position`
///   between two batches, in the writer's transaction: wait until nobody writes to the table who did so then,
///   read the versions of the rows again, and write those that are still the same
///
/// Each row is judged by itself, and that others are with it changes nothing: a change of it that the target
/// has would be visible by then, as another version or none, and a later one gets a later position. The rows
/// that changed meanwhile go through all of that again, without those that are done.
///
/// A row that the target refuses fails alone: its batch is rolled back and tried in halves. One thread.
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
    explicit RowRepair(Parts parts);

    /// Rows that are worth one call: more make the writer's transaction long.
    static constexpr std::size_t rows_max = 5000;

    /// Why each row could not be repaired, in their order; empty of those that were.
    Result<std::vector<std::string>> repair(std::span<const WantedRow> rows);

 private:
    /// Places of rows in `rows_`.
    using Places = std::vector<std::size_t>;
    struct Task {
        Places places;
        int tries = 0;
    };
    struct Batch {
        Places places;
        std::vector<WantedRow> wanted;
        std::vector<std::string> versions;
        std::vector<RepairRow> rows;
    };
    struct Attempt {
        Places again;  ///< changed meanwhile, or somebody writes to the table
        Places alone;  ///< to be written one by one
        Places unread;
    };

    Result<Attempt> attempt(const Places& places);
    Result<Batch> read(const Places& places, Places& unread);
    Result<RepairRow> encode(const WantedRow& wanted, SourceRow& source);
    Result<PgTime> source_time();
    Result<bool> writers_are_gone() const;
    Status write(WarehouseSession& session, const Batch& batch, RepairMoment moment, Attempt& attempt);
    void fail(const Places& places, const std::string& why);
    void queue_again(const Task& task, Attempt attempt);

    Parts parts_;
    SourceRows source_;
    RepairWriter repair_writer_;
    ValueTransform transform_;
    std::optional<RowEncoder> encoder_;
    std::optional<Contract> contract_;
    std::span<const WantedRow> rows_;
    std::vector<std::string> failures_;
    std::vector<Task> tasks_;
};

}  // namespace walferry
