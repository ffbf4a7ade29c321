#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "apply/refusal/target_fold.h"
#include "apply/schema/reshaper.h"
#include "apply/table_writer.h"

namespace walferry {

/// Writes the recorded events of a table so that one which the target refuses becomes a dead letter, alone,
/// and all others are applied.
///
/// Rows that the target refuses whatever else it has are looked for all at once (refused_rows.h). For what is
/// left, in PostgreSQL, a range of events is folded and written under a savepoint; where that fails over a
/// row, the range is split, until the one event is found. Ranges are written in order, so each meets the
/// target as all events before it have left it, and a transaction that is cut by them is handled as one that
/// comes in steps (StepContext).
///
/// DuckDB has no savepoints: a failed statement ends the transaction. There events are tried in transactions
/// that are rolled back (`find_refused`), and the real one leaves out what they found.
///
/// Used by the applier's thread.
class CarefulWriter {
 public:
    /// `reshaper`: null where tables keep their shape.
    CarefulWriter(WarehouseSession& session, WarehouseKind kind, TableWriter& writer, LetterBook& book,
                  DeadLetterOffice& office, Reshaper* reshaper)
        : session_(session),
          kind_(kind),
          writer_(writer),
          book_(book),
          office_(office),
          reshaper_(reshaper) {}

    /// What the shape of a table has come to while its events were written.
    struct Written {
        std::shared_ptr<Table> table;  ///< as it is after them
        bool needs_copy = false;       ///< see Reshaped
        std::vector<OutboxNotice> notices = {};
        const Relation* accepted = nullptr;  ///< the reshaper has nothing to do for it (any more)
    };
    /// Writes all events of the batch's table into the targets of `table`, in the session's open transaction;
    /// from the first event on that has another shape, into targets of that shape. Kind Data in DuckDB:
    /// `find_refused` has to be asked. `rows_changed`: see Reshaper.
    Result<Written> write(const TableBatch& batch, std::shared_ptr<Table> table, const StepContext& step,
                          PgTime now, bool rows_changed);

    /// DuckDB, while no transaction is open: finds events that targets refuse, to be left out by the next
    /// `write`, also those that come after a change of the shape. False when none was found. Kind Refused
    /// when it gives up.
    Result<bool> find_refused(const TableBatch& batch, const std::shared_ptr<Table>& table, PgTime now);

    /// The warehouse transaction is committed: what was found is not needed any more.
    void transaction_ended() {
        known_.clear();
        checks_deferred_ = false;
    }
    /// From here to the end of the transaction deferred constraints are asked range by range.
    void check_deferred() { checks_deferred_ = true; }

 private:
    /// Events of one target, by index: [begin, end).
    struct Range {
        const TableBatch& batch;
        const Table& table;
        std::shared_ptr<const TablePlan> plan;
        std::size_t begin, end;
    };
    /// What a rollback to a savepoint has to bring back here.
    struct Mark {
        LetterBook::Mark letters;
        TableWriter::Mark writer;
    };
    Mark mark() const { return {book_.mark(), writer_.mark()}; }
    void back_to(const Mark& before) {
        book_.back_to(before.letters);
        writer_.back_to(before.writer);
    }
    Status roll_back_to(const char* name, const Mark& before);
    /// What is tried: events of one target and of one shape, from `begin` on.
    struct Trial {
        const TableBatch& batch;
        const std::shared_ptr<Table>& table;  ///< as it is before the batch
        PgTime now;
        std::size_t begin, target;
    };
    std::size_t end_of_shape(const TableBatch& batch, const Written& shape, std::size_t begin) const;
    Status write_events(const TableBatch& batch, const Written& shape, std::size_t begin, std::size_t end,
                        const StepContext& step, PgTime now);
    Status reshape(const RecordedEvent& first, bool rows_changed, Written& written);
    bool is_accepted(const Table& table, const Relation& relation) const;
    Status write_range(const Range& range, const StepContext& step, PgTime now);
    Status write_parts(const Range& range, const StepContext& step, PgTime now);
    Status write_block(const Range& range, const StepContext& step, PgTime now);
    Result<std::unique_ptr<TargetFold>> fold(const Range& range);
    Status fold_and_write(const Range& range, const StepContext& step, PgTime now);
    Result<bool> find_refused_rows(const Range& range);
    Result<Written> lead_up(const Trial& trial);
    Status rehearse(const Trial& trial, const std::function<Status(const Range&)>& work);
    Result<bool> find_by_trial(const Trial& trial, std::size_t end);
    Result<bool> try_prefix(const Trial& trial, std::size_t end, Error& refused);
    static StepContext step_of(const Range& range, const StepContext& step);

    WarehouseSession& session_;
    WarehouseKind kind_;
    TableWriter& writer_;
    LetterBook& book_;
    DeadLetterOffice& office_;
    Reshaper* reshaper_;
    /// By table: that of another shape for which the reshaper had nothing to do, so that it is asked once.
    struct Accepted {
        std::shared_ptr<const Table> table;
        std::string relation;  ///< its message
    };
    std::map<RelationId, Accepted> accepted_;
    KnownRefusals known_;
    std::set<const TablePlan*> looked_at_;  ///< whose refused rows were looked for in this batch
    bool checks_deferred_ = false;
    bool trying_ = false;  ///< what is written is rolled back
};

}  // namespace walferry
