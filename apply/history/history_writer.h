#pragma once

#include <map>
#include <unordered_map>
#include <vector>

#include "apply/history/history_changes.h"
#include "apply/history/history_plan.h"
#include "apply/load_row.h"
#include "warehouse/warehouse.h"

namespace walferry {

/// Where a batch stands among the steps of a source transaction that is larger than a batch. Both 0 for a
/// batch of whole transactions.
struct StepContext {
    Lsn continues;    ///< commit_lsn of the transaction whose earlier steps are in this warehouse transaction
    Lsn leaves_open;  ///< commit_lsn of the transaction that this batch ends in the midst of
};

/// Brings a batch's key states into a history table, inside the session's open transaction: closes versions
/// that end and opens those that begin, set by set. Keys that are new in the target are loaded straight into
/// it. Used by the applier's thread.
class HistoryWriter {
 public:
    HistoryWriter(WarehouseSession& session, Staging& staging) : session_(session), staging_(staging) {}

    /// `latest`: no version of this target begins or ends later than that; asked once a target and session.
    Status write(HistoryChanges& changes, const StepContext& step, PgTime latest);
    void transaction_ended() { noting_.clear(); }

    /// See TableWriter::mark.
    using TargetId = std::pair<RelationId, int>;  ///< table and number of the target
    using Mark = std::map<TargetId, Lsn>;
    Mark mark() const { return noting_; }
    void back_to(const Mark& mark);

 private:
    /// What is known of a target's times. A state that is not before `latest` needs no raising; for one that
    /// is, the ends of keys that went since `known_since` are here, older ones must be looked for.
    struct Clock {
        PgTime latest = 0;
        PgTime known_since = 0;
        std::unordered_map<std::uint64_t, PgTime> ends;  ///< by hash of the key
    };
    /// The states of one key that begin or end a version, in order.
    struct KeyStates {
        const KeyChain* chain = nullptr;
        std::vector<const KeyState*> states;
        const KeyState* dropped_last = nullptr;  ///< where the newest row is kept: it begins no version
    };
    struct Work {
        std::vector<KeyStates> staged;
        std::vector<KeyStates> fresh;
        std::map<std::vector<std::size_t>, int> groups;  ///< unchanged columns → number from 1
        std::map<int, std::uint64_t> group_sizes;
        std::int32_t keys_staged = 0, states_staged = 0;
        bool continues = false;  ///< has states of the transaction that earlier steps began
        bool raises_current = false;
        bool raises_all = false;
        bool steps_back = false;  ///< a staged state is earlier than one of its key before it
        bool compares = false;
    };

    Work sort_out(const HistoryChanges& changes, const StepContext& step, const Clock& clock) const;
    Status load_fresh(const TablePlan& plan, const Work& work);
    Status stage(const TablePlan& plan, const StepContext& step, Work& work);
    Status merge(const HistoryChanges& changes, const StepContext& step, const Work& work);
    Status fill(const TablePlan& plan, const Work& work);
    Status keep_latest(const TablePlan& plan, const Work& work);
    static void stage_state(const TablePlan& plan, const StepContext& step, const KeyStates& key,
                            const KeyState& state, Work& work, LoadRow& row);
    Status take_back(const TablePlan& plan, const StepContext& step, const Work& work);
    Status drop_unchanged(const TablePlan& plan, const Work& work);
    Status begin_notes(const TablePlan& plan, const StepContext& step);
    Status end_truncated(const HistoryChanges& changes, const StepContext& step);
    Status note_ended(const TablePlan& plan, const StepContext& step);
    static void note_ends(const HistoryChanges& changes, Clock& clock);

    WarehouseSession& session_;
    Staging& staging_;
    std::map<TargetId, Clock> clocks_;
    Mark noting_;  ///< of which source transaction it is noted what it ended
};

}  // namespace walferry
