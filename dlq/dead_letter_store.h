#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "dlq/dead_letter.h"
#include "warehouse/control_names.h"

namespace walferry {

/// Which letters; what is empty leaves all.
struct DeadLetterFilter {
    std::vector<std::int64_t> ids;
    std::string table;  ///< glob on the source's schema.table
    std::optional<DeadLetterStage> stage;
    std::optional<DeadLetterState> state = DeadLetterState::Pending;
    std::optional<PgTime> since, until;  ///< created_at in [since, until)
};

/// A place in the order in which letters are listed and replayed: that of their commits at the source.
struct DeadLetterCursor {
    SequenceKey sequence;
    std::int64_t id = 0;
};
DeadLetterCursor cursor_of(const DeadLetter& letter);

/// After every position that a letter can have.
inline constexpr SequenceKey after_all{Lsn{std::numeric_limits<std::int64_t>::max()}, 0};

struct PendingCount {
    std::string source_table;
    DeadLetterStage stage = DeadLetterStage::Apply;
    std::uint64_t count = 0;
};

/// Keys (JSON as in the letters) of one target table of which the target may lack the newest version, for
/// they have a letter that is pending or discarded; and where the newest of these stood at the source.
using HollowKeys = std::map<std::string, SequenceKey>;

/// The dead_letter rows of one pipeline. Stateless beside the names: every method works inside the session's
/// current transaction (or on its own where none is open). Who writes holds the pipeline's epoch.
class DeadLetterStore {
 public:
    explicit DeadLetterStore(ControlSchema control) : control_(std::move(control)) {}

    /// Whether the table is there; control tables of an older build lack it. The other methods want it.
    Result<bool> exists(WarehouseSession& session) const;

    /// The greatest id that a letter of the pipeline has; 0 without letters.
    Result<std::int64_t> last_id(WarehouseSession& session) const;

    /// Loads the letters in bulk; those without an id get one, which goes on from the greatest in the table.
    /// Needs an open transaction.
    Status append(WarehouseSession& session, std::span<DeadLetter> letters) const;

    /// A page of letters in the order of their commits, from after `after` on (null: from the first). Empty
    /// at the end. Bounded by rows and by bytes, one row at least.
    Result<std::vector<DeadLetter>> list(WarehouseSession& session, const DeadLetterFilter& filter,
                                         const DeadLetterCursor* after = nullptr,
                                         std::uint64_t rows_max = 1000) const;

    /// Gives those of the letters that are pending another state; returns their ids.
    Result<std::vector<std::int64_t>> mark(WarehouseSession& session, std::span<const std::int64_t> ids,
                                           DeadLetterState state) const;

    /// Pending and discarded letters of these keys (JSON as in the letters) that are older than `before`
    /// become superseded; returns how many.
    Result<std::uint64_t> supersede(WarehouseSession& session, const std::string& target_table,
                                    std::span<const std::string> keys, SequenceKey before) const;
    /// All such letters of the table that are older: a TRUNCATE, or a copy anew, has made up for them.
    Result<std::uint64_t> supersede_table(WarehouseSession& session, const std::string& target_table,
                                          SequenceKey before) const;

    /// Whether an older letter of the target is in this state with this key (JSON as in the letters),
    /// committed at `since` or later.
    Result<bool> has_older(WarehouseSession& session, const DeadLetter& letter, const std::string& key,
                           DeadLetterState state, Lsn since = {}) const;

    /// Those of the table that are rows of a copy: another copy reads these rows anew.
    Result<std::uint64_t> supersede_copied(WarehouseSession& session, const std::string& target_table) const;

    /// Counts one more attempt to apply a letter, and why it failed.
    Status note_attempt(WarehouseSession& session, std::int64_t id, const std::string& error_code,
                        const std::string& error) const;

    Result<HollowKeys> hollow_keys(WarehouseSession& session, const std::string& target_table) const;
    Result<std::vector<PendingCount>> count_pending(WarehouseSession& session) const;

    const ControlSchema& control() const { return control_; }

 private:
    std::string where(const DeadLetterFilter& filter) const;
    Result<std::string> table_condition(WarehouseSession& session, const std::string& glob) const;
    std::string position(const SequenceKey& sequence) const;

    ControlSchema control_;
};

/// The sum over tables and stages.
std::uint64_t total(const std::vector<PendingCount>& counts);

}  // namespace walferry
