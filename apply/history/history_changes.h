#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "apply/encoded_change.h"
#include "apply/key_slots.h"
#include "apply/table_plan.h"

namespace walferry {

/// A state of one key after one source transaction. Bytes are views into the batch's arena.
struct KeyState {
    std::string_view row;   ///< data fields; empty when the key has no row then
    std::string_view base;  ///< the key under which the target, as before the batch, has the unchanged values
    PgTime time = 0;        ///< commit time of the transaction, also where the clock stepped back
    Lsn lsn;                ///< its commit_lsn
    std::uint32_t xid = 0;
    std::uint32_t before = 0;  ///< index + 1 of the key's state before; 0: the first in this batch
    std::uint32_t chain = 0;   ///< index of its key
    bool present = false;
    bool has_unchanged = false;
    /// May be equal to the state before in all tracked columns though its load form differs.
    bool compare = false;
    bool dropped = false;  ///< begins no version: nothing tracked changed since the state before
};

/// A key's states in a batch, one a source transaction.
struct KeyChain {
    std::string_view key;
    std::uint64_t hash = 0;
    std::uint32_t last = 0;   ///< index + 1 of its last state
    bool existed = false;     ///< the target may have a current version of it, as of before the batch
    bool is_certain = false;  ///< it has one: the stream changes a row, and does not insert it
};

/// What a batch does to one history table: every key's states, one a source transaction, since what happened
/// inside a transaction was never visible to anyone. States that change no tracked column are dropped here as
/// far as the batch tells; the first of a key is compared with the target's current version by the writer.
/// Which of them stay is known only then, so it is the writer, too, who raises times: a state that begins no
/// version must not hold up the next one.
class HistoryChanges {
 public:
    explicit HistoryChanges(std::shared_ptr<const TablePlan> plan) : plan_(std::move(plan)) {}

    /// Kind Protocol when the stream updates a row that is not there.
    Status add(const EncodedChange& change, Arena& arena);
    /// Takes in an insert, or an update with all values, of a row that the target may or may not have: an
    /// earlier version was refused.
    Status replace(const EncodedChange& change, Arena& arena);

    /// Whatever is current under the change's new key ends.
    void vacate(const EncodedChange& change, Arena& arena) {
        leave(change.key, *change.transaction, Before::Perhaps, arena);
    }

    /// Drops what begins no version. Call once, after the last change.
    void finish();

    const TablePlan& plan() const { return *plan_; }
    const std::vector<KeyState>& states() const { return states_; }
    const std::vector<KeyChain>& chains() const { return chains_; }
    /// Time of the first TRUNCATE: all that is current in the target and has no chain here ends then.
    std::optional<PgTime> truncate_time() const { return truncate_time_; }
    Lsn truncate_lsn() const { return truncate_lsn_; }

    std::size_t size() const { return states_.size(); }
    std::size_t bytes() const;

 private:
    /// Whether the target has a current version of a key, as of before the batch.
    enum class Before { None, Perhaps, Current };

    KeyChain& chain_of(std::string_view key, const Transaction& transaction, Before before, Arena& arena);
    KeyState& state_in(KeyChain& chain, const Transaction& transaction);
    KeyState* last_of(const KeyChain& chain) { return chain.last == 0 ? nullptr : &states_[chain.last - 1]; }
    void leave(std::string_view key, const Transaction& transaction, Before before, Arena& arena);
    bool same_transaction(const KeyState& state, const Transaction& transaction) const;
    /// Of a row that the stream changes.
    Before changed() const { return plan_->source.from_kafka ? Before::Perhaps : Before::Current; }
    Status update(const EncodedChange& change, Arena& arena);
    void truncate(const Transaction& transaction);
    bool begins_version(KeyState& state, const KeyState& before) const;

    std::shared_ptr<const TablePlan> plan_;
    std::vector<KeyChain> chains_;
    std::vector<KeyState> states_;
    KeySlots slots_;
    std::optional<PgTime> truncate_time_;
    Lsn truncate_lsn_;
};

}  // namespace walferry
