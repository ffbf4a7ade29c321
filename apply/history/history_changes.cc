#include "apply/history/history_changes.h"

#include "apply/row_fields.h"
#include "apply/staging_table.h"

namespace walferry {

/// The chain of a key. Where a TRUNCATE of an earlier transaction has ended whatever the key had, a new chain
/// begins with that.
KeyChain& HistoryChanges::chain_of(std::string_view key, const Transaction& transaction, Before before,
                                   Arena& arena) {
    const std::uint64_t hash = hash_of(key);
    KeyChain* known = slots_.find(chains_, hash, [&](const KeyChain& chain) { return chain.key == key; });
    if (known != nullptr) return *known;
    slots_.add(chains_, hash);
    KeyChain& chain = chains_.emplace_back();
    chain.key = arena.copy(key);
    chain.hash = hash;
    chain.existed = before != Before::None || truncate_time_.has_value();
    chain.is_certain = before == Before::Current && !truncate_time_;
    if (truncate_time_ && truncate_lsn_ != transaction.commit_lsn) {
        Transaction truncation;
        truncation.commit_lsn = truncate_lsn_;
        truncation.commit_time = *truncate_time_;
        state_in(chain, truncation);
    }
    return chain;
}

/// Debezium's changes come one by one, each at a position of its own.
bool HistoryChanges::same_transaction(const KeyState& state, const Transaction& transaction) const {
    if (state.lsn == transaction.commit_lsn) return true;
    return plan_->source.from_kafka && transaction.xid != 0 && state.xid == transaction.xid &&
           state.time == transaction.commit_time;
}

/// The key's state in this transaction, added as absent when it has none yet.
KeyState& HistoryChanges::state_in(KeyChain& chain, const Transaction& transaction) {
    KeyState* last = last_of(chain);
    if (last != nullptr && same_transaction(*last, transaction)) {
        last->lsn = transaction.commit_lsn;
        return *last;
    }
    KeyState state;
    state.time = transaction.commit_time;
    state.lsn = transaction.commit_lsn;
    state.xid = transaction.xid;
    state.before = chain.last;
    state.chain = static_cast<std::uint32_t>(&chain - chains_.data());
    states_.push_back(state);
    chain.last = static_cast<std::uint32_t>(states_.size());
    return states_.back();
}

void HistoryChanges::leave(std::string_view key, const Transaction& transaction, Before before,
                           Arena& arena) {
    KeyState& state = state_in(chain_of(key, transaction, before, arena), transaction);
    state.row = state.base = {};
    state.present = state.has_unchanged = false;
}

Status HistoryChanges::add(const EncodedChange& change, Arena& arena) {
    const Transaction& transaction = *change.transaction;
    switch (change.kind()) {
        case ChangeKind::Insert: {
            if (change.has_unchanged) return values_missing(*plan_);
            const Before before = plan_->inserts_are_new ? Before::None : Before::Perhaps;
            KeyState& state = state_in(chain_of(change.key, transaction, before, arena), transaction);
            state.row = change.data();
            state.base = {};
            state.present = true;
            state.has_unchanged = false;
            break;
        }
        case ChangeKind::Update:
            return update(change, arena);
        case ChangeKind::Delete:
            leave(change.key, transaction, changed(), arena);
            break;
        case ChangeKind::Truncate:
            truncate(transaction);
            break;
    }
    return success();
}

Status HistoryChanges::replace(const EncodedChange& change, Arena& arena) {
    const Transaction& transaction = *change.transaction;
    const bool moves = !change.old_key.empty() && change.old_key != change.key;
    if (moves) leave(change.old_key, transaction, Before::Perhaps, arena);
    KeyState& state = state_in(chain_of(change.key, transaction, Before::Perhaps, arena), transaction);
    state.row = change.data();
    state.base = {};
    state.present = true;
    state.has_unchanged = false;
    return success();
}

Status HistoryChanges::update(const EncodedChange& change, Arena& arena) {
    const Transaction& transaction = *change.transaction;
    const bool moves = !change.old_key.empty() && change.old_key != change.key;
    const std::string_view from_key = moves ? change.old_key : change.key;
    KeyChain& from = chain_of(from_key, transaction, changed(), arena);
    const KeyState* old = last_of(from);
    if (old != nullptr && !old->present && plan_->source.from_kafka) {
        if (change.has_unchanged) return values_missing(*plan_);
        return replace(change, arena);
    }
    if (old != nullptr && !old->present) {
        return Error{ErrorKind::Protocol, "an update of a row that was deleted before it in the same batch",
                     "", ""};
    }
    std::string_view row = change.data();
    std::string_view base;
    bool has_unchanged = change.has_unchanged;
    if (has_unchanged && old != nullptr) {
        base = old->base;
        row = fill_unchanged(row, old->row, arena, has_unchanged);
    } else if (has_unchanged) {
        base = from.key;
    }
    if (moves) leave(change.old_key, transaction, changed(), arena);
    const Before moved_to = plan_->source.from_kafka ? Before::Perhaps : Before::None;
    const Before before = moves ? moved_to : changed();
    KeyState& state = state_in(chain_of(change.key, transaction, before, arena), transaction);
    state.row = row;
    state.base = has_unchanged ? base : std::string_view{};
    state.present = true;
    state.has_unchanged = has_unchanged;
    return success();
}

void HistoryChanges::truncate(const Transaction& transaction) {
    for (KeyChain& chain : chains_) {
        const KeyState* last = last_of(chain);
        if (last != nullptr && !last->present) continue;
        KeyState& state = state_in(chain, transaction);
        state.row = state.base = {};
        state.present = state.has_unchanged = false;
    }
    if (truncate_time_) return;
    truncate_time_ = transaction.commit_time;
    truncate_lsn_ = transaction.commit_lsn;
}

/// Whether a tracked column differs from the state before. Fields without a value are the same ones in both
/// when neither has one: the base is the same.
bool HistoryChanges::begins_version(KeyState& state, const KeyState& before) const {
    if (!state.present || !before.present) return state.present || before.present;
    if (state.row == before.row) return false;
    bool differs = false;
    FieldWalker ours(state.row), theirs(before.row);
    auto next_tracked = plan_->tracked.begin();
    for (std::size_t i = 0; next_tracked != plan_->tracked.end(); ++i) {
        const std::string_view field = ours.next();
        const std::string_view other = theirs.next();
        if (i != *next_tracked) continue;
        ++next_tracked;
        if (field == other) continue;
        differs = true;
        const bool unknown =
            field_length(field) == unchanged_length || field_length(other) == unchanged_length;
        state.compare = state.compare || unknown || plan_->tracked_inexact;
    }
    return differs;
}

void HistoryChanges::finish() {
    for (KeyState& state : states_) {
        const bool is_first = state.before == 0;
        if (is_first) {
            // A row that came and went inside one transaction, or a key that never was.
            const KeyChain& chain = chains_[state.chain];
            state.dropped = !state.present && !chain.existed;
            continue;
        }
        state.dropped = !begins_version(state, states_[state.before - 1]);
    }
}

std::size_t HistoryChanges::bytes() const {
    return states_.capacity() * sizeof(KeyState) + chains_.capacity() * sizeof(KeyChain) + slots_.bytes();
}

}  // namespace walferry
