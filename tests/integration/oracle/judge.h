#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/oracle/target_rows.h"

namespace walferry::testing {

/// Compares the targets of a warehouse with what SourceLog says that they must hold. Every function's text is
/// empty when all is right; else it begins with the target's name and says what differs, with the first rows.
///
/// Taken as the specification has it, where it leaves room:
/// - `_walferry_lsn` of a version is the commit position of the transaction that opened it;
/// - `_seq` is compared by order, within a transaction and over all logs that this judge has seen;
/// - `_lsn`, `_seq`, `_commit_ts` and `_xid` of copied rows are not looked at;
/// - a deleted row's columns outside of the key are NULL, unless the table is REPLICA IDENTITY FULL;
/// - `_unchanged` names no column, for an append target that began with a copy has the real value of each.
class Judge {
 public:
    /// Both must outlive it. `log` was read to the end when the warehouse was caught up.
    Judge(const SourceLog& log, const TargetReader& warehouse) : log_(log), warehouse_(warehouse) {}

    /// An append target of the table `schema.name` of the source.
    std::string log_differences(const std::string& table, const DecodedName& target);
    /// Over all logs compared so far: `_seq` orders the changes of a transaction as the source made them.
    std::string sequence_differences() const;
    /// An scd2 target. The seam is that of the table's log, compared before, unless given.
    std::string history_differences(const std::string& table, const HistoryTarget& target,
                                    std::optional<Seam> seam = {});

    /// What is true of the warehouse's tables by themselves. A log of a table without key can't be replayed:
    /// it does not say which row an update changed.
    std::string replay_differences(const std::string& table, const DecodedName& log,
                                   const DecodedName& upsert) const;
    std::string current_differences(const std::string& table, const HistoryTarget& history,
                                    const DecodedName& upsert) const;

    /// All of the above but the sequence, for a table whose upsert, scd2 and append targets have their
    /// default names; of a table without key upsert and append.
    std::string default_target_differences(const std::string& table);

 private:
    struct Placed {
        std::size_t ordinal;
        std::int64_t seq;
        std::string target;

        auto operator<=>(const Placed&) const = default;
    };

    const OracleTable& table_at(std::size_t index) const { return log_.tables()[index]; }
    std::optional<std::size_t> transaction_of(const LoggedRow& row) const;
    Seam find_seam(std::size_t index, const std::vector<LoggedRow>& rows, std::string& report) const;
    std::string event_difference(const OracleTable& table, const SourceEvent& event,
                                 const LoggedRow& row) const;
    Instant copy_instant(const OracleTable& table, const std::vector<StoredVersion>& stored,
                         const RowCounts& copied, std::string& report) const;
    std::string version_differences(std::vector<Version> expected, std::vector<StoredVersion> stored) const;

    const SourceLog& log_;
    const TargetReader& warehouse_;
    mutable std::map<std::int64_t, std::size_t> by_xid_;
    std::map<std::size_t, Seam> seams_;
    std::map<std::size_t, std::vector<Placed>> placed_;  ///< by transaction
};

/// `  3 rows missing:` and the first of them; then the same for those that are too many.
std::string row_differences(const RowCounts& expected, const RowCounts& actual);

}  // namespace walferry::testing
