#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/error.h"
#include "pipeline/verify/candidate_judge.h"

namespace walferry {

/// One row that differs, as the command prints it.
struct Difference {
    struct Column {
        std::string name;
        std::optional<std::string> source, target;
    };
    std::string table;   ///< at the source
    std::string target;  ///< in the warehouse
    std::string key;     ///< JSON object; of a table without key the whole row
    DifferenceKind kind = DifferenceKind::Changed;
    std::vector<Column> columns;
    bool has_values = false;                  ///< the columns' values were asked for
    std::optional<std::int64_t> dead_letter;  ///< an open letter of the key, which explains it
    std::optional<bool> repaired;             ///< where that was asked for
    std::string repair_failure;
};

std::string_view to_string(DifferenceKind kind);

/// What was found of one target.
struct TableVerification {
    std::string table;
    std::string target;
    std::string skipped;  ///< why it was not compared; empty when it was
    std::uint64_t source_rows = 0, target_rows = 0;
    std::uint64_t missing = 0, extra = 0, changed = 0;
    std::uint64_t undecided = 0;  ///< changed too often to tell
    std::uint64_t repaired = 0;
    double seconds = 0;

    std::uint64_t differences() const { return missing + extra + changed; }
};

struct VerifyOptions {
    std::vector<std::string> tables;  ///< schema.table or globs on it; empty: all
    bool values = false;              ///< differing columns with both values
    bool repair = false;
    std::uint64_t rows_per_second = 0;  ///< read at the source; 0: as fast as it goes
    std::uint64_t limit = 0;            ///< end after so many differences; 0: never
    /// A part of one table (row_condition.h), empty: all of it; and a partition of the source, by its
    /// schema.table, or by its name alone. Where both are there, rows have to be in both.
    std::string where, partition;

    bool is_part() const { return !where.empty() || !partition.empty(); }
};

/// Who hears of it while it goes on; called from the thread that verifies. All must be there.
struct VerifyListener {
    std::function<Status(const Difference&)> difference;
    std::function<void(const std::string&)> note;  ///< what a person should know, in one sentence
    /// Rows read at the source so far, and how many there may be (-1: nobody knows).
    std::function<void(const std::string& table, std::uint64_t rows, std::int64_t estimated)> progress;
};

}  // namespace walferry
