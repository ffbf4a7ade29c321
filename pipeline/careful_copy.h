#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apply/event_rules.h"
#include "capture/snapshot/snapshot_reader.h"
#include "dlq/dead_letter_office.h"
#include "pipeline/copy_row.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// Copies a chunk of a table into one target so that rows which the target or the table's contract refuses
/// become dead letters, and all others are copied: the rows are read as text, held against the contract, and
/// loaded in groups. Slower than a plain copy, so that is tried first where there is no contract. Used by one
/// worker's thread.
class CarefulCopy {
 public:
    struct Parts {
        WarehouseSession& session;
        WarehouseKind kind;
        const TablePlan& plan;
        const TargetName& into;
        CopyMoment moment;
        DeadLetterOffice& office;
        /// DuckDB, which has no savepoints: makes what was loaded since the last time durable, and begins
        /// anew.
        std::function<Status()> commit;
        std::function<Status()> check_stop;  ///< an error when the copy has to stop
    };
    /// What came of it.
    struct Outcome {
        std::uint64_t rows = 0;  ///< that were read
        std::map<DeadLetterStage, std::uint64_t> letters;
        Violations violations;
    };

    /// Kind Configuration when the contract does not fit the table.
    static Result<CarefulCopy> make(Parts parts);

    /// In the session's open transaction. Kind Refused where the contract says to stop, or too many rows are
    /// refused.
    Result<Outcome> run(CopyReader& reader, const CopyChunk& chunk);

 private:
    explicit CarefulCopy(Parts parts);

    /// A row that the target may take.
    struct Loadable {
        std::vector<std::optional<std::string>> values;  ///< as text, by column; as they may be seen
        std::string load_row;
    };
    using Rows = std::vector<Loadable>;

    Status take(std::string_view source_row);
    Result<bool> passes_contract(TupleData clear, const std::vector<std::optional<std::string>>& values);
    Status refuse(const std::vector<std::optional<std::string>>& values, const Refusal& refusal);
    Status load_group();
    Status drop_what_does_not_fit(Rows& rows);
    Status load_postgres(Rows& rows);
    Status load_duckdb(const Rows& rows, std::size_t begin, std::size_t end);
    Status load(const Rows& rows, std::size_t begin, std::size_t end);
    Status finish_group(std::size_t accepted);

    Parts parts_;
    CopyRow row_;
    Relation columns_;  ///< those that are read
    std::vector<ColumnRule> rules_;
    ValueTransform transform_;
    std::optional<Contract> contract_;
    Rows group_;
    std::size_t group_rows_, group_bytes_ = 0;
    std::vector<DeadLetter> letters_;
    std::string last_error_;
    std::uint64_t refused_ = 0;
    std::size_t noted_ = 0;  ///< of the group's rows, that the breaker knows of
    Outcome outcome_;
};

}  // namespace walferry
