#include "apply/history/history_writer.h"

#include <algorithm>

#include "apply/history/latest_plan.h"
#include "apply/history/step_plan.h"
#include "apply/load_row.h"
#include "apply/row_fields.h"

namespace walferry {

namespace {

/// Beyond so many the ends of keys are forgotten, and looked for again.
constexpr std::size_t known_ends_max = 100'000;

}  // namespace

Status HistoryWriter::write(HistoryChanges& changes, const StepContext& step, PgTime latest) {
    changes.finish();
    const TablePlan& plan = changes.plan();
    Clock& clock =
        clocks_.try_emplace({plan.source.id, plan.number}, Clock{latest, latest, {}}).first->second;
    Work work = sort_out(changes, step, clock);
    if (!work.staged.empty() || changes.truncate_time()) {
        WALFERRY_TRYV(staging_.prepare(plan, {history_staging(plan)}));
        WALFERRY_TRYV(stage(plan, step, work));
        WALFERRY_TRYV(merge(changes, step, work));
    }
    WALFERRY_TRYV(load_fresh(plan, work));
    note_ends(changes, clock);
    return success();
}

/// What was learnt of times may be of versions that are gone: it counts as seen, and is looked for.
void HistoryWriter::back_to(const Mark& mark) {
    noting_ = mark;
    for (auto& [id, clock] : clocks_) {
        clock.known_since = clock.latest;
        clock.ends.clear();
    }
}

HistoryWriter::Work HistoryWriter::sort_out(const HistoryChanges& changes, const StepContext& step,
                                            const Clock& clock) const {
    Work work;
    const TablePlan& plan = changes.plan();
    const auto noted_for = noting_.find({plan.source.id, plan.number});
    const bool noted = noted_for != noting_.end() && noted_for->second == step.continues;
    const auto& states = changes.states();
    for (const KeyChain& chain : changes.chains()) {
        KeyStates key{&chain, {}};
        bool earlier = false, steps_back = false, uncertain = chain.existed;
        for (std::uint32_t at = chain.last; at != 0; at = states[at - 1].before) {
            const KeyState& state = states[at - 1];
            const bool last = at == chain.last;
            if (state.dropped && last && state.present && plan.keeps_latest()) key.dropped_last = &state;
            if (state.dropped) continue;
            steps_back = steps_back || (!key.states.empty() && key.states.back()->time < state.time);
            key.states.push_back(&state);
            earlier = earlier || state.time < clock.latest;
            uncertain = uncertain || state.compare || state.has_unchanged;
            work.compares = work.compares || state.compare;
        }
        uncertain = uncertain || key.dropped_last != nullptr;
        if (key.states.empty()) continue;
        std::reverse(key.states.begin(), key.states.end());
        const auto end = clock.ends.find(chain.hash);
        // Not that of the first state alone: one that ends what was never there goes.
        const PgTime first = (*std::min_element(key.states.begin(), key.states.end(),
                                                [](const KeyState* left, const KeyState* right) {
                                                    return left->time < right->time;
                                                }))
                                 ->time;
        // What is new in one step may have been ended by another; and what ends here has to be noted.
        const bool goes_on =
            step.continues && key.states.front()->lsn == step.continues && (noted || chain.existed);
        work.continues = work.continues || goes_on;
        uncertain = uncertain || goes_on || (step.leaves_open && key.states.size() > 1);
        // A key that is older than what is known may have been there before. Its end is not known any more
        // where a step before this one of the same transaction has opened it again.
        const bool came_back = earlier && (goes_on || (!chain.is_certain && first < clock.known_since) ||
                                           (end != clock.ends.end() && first < end->second));
        work.raises_current = work.raises_current || (earlier && chain.existed);
        work.raises_all = work.raises_all || came_back;
        const bool is_staged = uncertain || came_back;
        work.steps_back = work.steps_back || (is_staged && steps_back);
        (is_staged ? work.staged : work.fresh).push_back(std::move(key));
    }
    std::sort(work.staged.begin(), work.staged.end(), [](const KeyStates& left, const KeyStates& right) {
        return left.chain->key < right.chain->key;
    });
    return work;
}

Status HistoryWriter::load_fresh(const TablePlan& plan, const Work& work) {
    if (work.fresh.empty()) return success();
    WALFERRY_TRY(loader, session_.load(plan.target, plan.columns, plan.format));
    LoadRow row(plan.format);
    for (const KeyStates& key : work.fresh) {
        PgTime until = key.states.front()->time;
        for (std::size_t i = 0; i < key.states.size(); ++i) {
            const KeyState& state = *key.states[i];
            const bool last = i + 1 == key.states.size();
            const PgTime from = until;
            if (!last) until = std::max(from, key.states[i + 1]->time);
            if (!state.present) continue;
            row.clear();
            row.fields(state.row);
            row.time(from);
            if (last) {
                row.null();
            } else {
                row.time(until);
            }
            row.boolean(last);
            row.lsn(state.lsn);
            WALFERRY_TRYV(loader->append(row.view()));
        }
    }
    return loader->finish();
}

Status HistoryWriter::stage(const TablePlan& plan, const StepContext& step, Work& work) {
    if (work.staged.empty()) return success();
    const StagingTable table = history_staging(plan);
    WALFERRY_TRY(loader, session_.load(table.name, table.columns, plan.format));
    LoadRow row(plan.format);
    for (const KeyStates& key : work.staged) {
        ++work.keys_staged;
        for (const KeyState* state : key.states) {
            stage_state(plan, step, key, *state, work, row);
            WALFERRY_TRYV(loader->append(row.view()));
        }
        if (key.dropped_last != nullptr) {
            stage_state(plan, step, key, *key.dropped_last, work, row);
            WALFERRY_TRYV(loader->append(row.view()));
        }
    }
    return loader->finish();
}

void HistoryWriter::stage_state(const TablePlan& plan, const StepContext& step, const KeyStates& key,
                                const KeyState& state, Work& work, LoadRow& row) {
    int group = 0;
    if (state.has_unchanged) {
        const int next = static_cast<int>(work.groups.size()) + 1;
        group = work.groups.try_emplace(unchanged_columns(state.row), next).first->second;
        ++work.group_sizes[group];
    }
    const bool goes_on = step.continues && key.states.front()->lsn == step.continues;
    const bool exists = goes_on || key.chain->existed;
    const bool first = &state == key.states.front();
    const bool last = key.dropped_last == nullptr ? &state == key.states.back() : &state == key.dropped_last;
    row.clear();
    row.int4(work.keys_staged);
    row.int4(++work.states_staged);
    row.boolean(exists);
    row.boolean(first && exists);
    row.boolean(state.compare);
    row.boolean(first && goes_on);
    row.boolean(last);
    row.boolean(&state == key.dropped_last);
    row.int4(group);
    row.boolean(state.present);
    row.time(state.time);
    row.lsn(state.lsn);
    if (!state.present) {
        row.fields(key.chain->key);
        row.nulls(plan.data_count() - plan.key_count);
    } else if (state.has_unchanged) {
        std::string fields;
        append_without_unchanged(fields, state.row);
        row.fields(fields);
    } else {
        row.fields(state.row);
    }
    if (state.has_unchanged) {
        row.fields(state.base);
    } else {
        row.nulls(plan.key_count);
    }
}

Status HistoryWriter::merge(const HistoryChanges& changes, const StepContext& step, const Work& work) {
    const TablePlan& plan = changes.plan();
    WALFERRY_TRYV(fill(plan, work));
    WALFERRY_TRYV(keep_latest(plan, work));
    WALFERRY_TRYV(take_back(plan, step, work));
    WALFERRY_TRYV(begin_notes(plan, step));
    if (work.raises_current || work.raises_all) {
        WALFERRY_TRYV(session_.execute(raise_times_sql(plan, work.raises_all)));
    }
    WALFERRY_TRYV(end_truncated(changes, step));
    if (work.staged.empty()) return success();
    WALFERRY_TRYV(drop_unchanged(plan, work));
    if (work.steps_back) {
        WALFERRY_TRYV(session_.execute(hold_times_sql(plan)));
    }
    if (plan.keeps_latest()) {
        WALFERRY_TRYV(session_.execute(forget_latest_sql(plan)));
    }
    WALFERRY_TRYV(note_ended(plan, step));
    WALFERRY_TRYV(session_.execute(close_versions_sql(plan)));
    return session_.execute(open_versions_sql(plan));
}

Status HistoryWriter::drop_unchanged(const TablePlan& plan, const Work& work) {
    if (work.compares) {
        WALFERRY_TRYV(session_.execute(drop_same_as_before_sql(plan)));
    }
    if (work.steps_back) {
        WALFERRY_TRYV(session_.execute(drop_never_there_sql(plan)));
    }
    return session_.execute(drop_same_as_current_sql(plan));
}

Status HistoryWriter::fill(const TablePlan& plan, const Work& work) {
    for (const auto& [unchanged, group] : work.groups) {
        WALFERRY_TRY(filled, session_.modify(fill_states_sql(plan, group, unchanged)));
        const std::uint64_t wanted = work.group_sizes.at(group);
        if (filled != wanted) return rows_missing(plan, wanted, filled);
    }
    return success();
}

Status HistoryWriter::keep_latest(const TablePlan& plan, const Work& work) {
    if (!plan.keeps_latest()) return success();
    for (const auto& [unchanged, group] : work.groups) {
        WALFERRY_TRYV(session_.execute(fill_from_latest_sql(plan, group, unchanged)));
    }
    WALFERRY_TRYV(session_.execute(forget_latest_sql(plan)));
    WALFERRY_TRYV(session_.execute(keep_latest_sql(plan)));
    return session_.execute(drop_staged_sql(plan));
}

Status HistoryWriter::take_back(const TablePlan& plan, const StepContext& step, const Work& work) {
    if (!work.continues) return success();
    WALFERRY_TRYV(session_.execute(remove_opened_sql(plan, step.continues)));
    if (noting_[{plan.source.id, plan.number}] != step.continues) return success();  // it has ended nothing
    WALFERRY_TRYV(session_.execute(reopen_ended_sql(plan)));
    return session_.execute(forget_ended_sql(plan));
}

/// What is noted is of one transaction.
Status HistoryWriter::begin_notes(const TablePlan& plan, const StepContext& step) {
    Lsn& noted_for = noting_[{plan.source.id, plan.number}];
    if (!step.leaves_open || noted_for == step.leaves_open) return success();
    noted_for = step.leaves_open;
    return staging_.prepare(plan, {ended_staging(plan)});
}

Status HistoryWriter::end_truncated(const HistoryChanges& changes, const StepContext& step) {
    const TablePlan& plan = changes.plan();
    if (!changes.truncate_time()) return success();
    if (step.continues && changes.truncate_lsn() == step.continues) {
        WALFERRY_TRYV(session_.execute(remove_truncated_sql(plan, step.continues)));
    }
    if (step.leaves_open && changes.truncate_lsn() == step.leaves_open) {
        WALFERRY_TRYV(session_.execute(note_truncated_sql(plan)));
    }
    if (plan.keeps_latest()) {
        WALFERRY_TRYV(session_.execute(forget_truncated_sql(plan)));
    }
    return session_.execute(end_truncated_sql(plan, *changes.truncate_time()));
}

Status HistoryWriter::note_ended(const TablePlan& plan, const StepContext& step) {
    if (!step.leaves_open) return success();
    WALFERRY_TRYV(session_.execute(note_ended_sql(plan, step.leaves_open)));
    return session_.execute(note_ended_staged_sql(plan, step.leaves_open));
}

void HistoryWriter::note_ends(const HistoryChanges& changes, Clock& clock) {
    const auto& states = changes.states();
    for (const KeyChain& chain : changes.chains()) {
        if (states[chain.last - 1].present) {
            if (!clock.ends.empty()) clock.ends.erase(chain.hash);
            continue;
        }
        PgTime end = clock.latest;
        for (std::uint32_t at = chain.last; at != 0; at = states[at - 1].before)
            end = std::max(end, states[at - 1].time);
        clock.ends[chain.hash] = end;
    }
    for (const KeyState& state : changes.states()) clock.latest = std::max(clock.latest, state.time);
    if (changes.truncate_time()) {
        // It ended keys that nobody named.
        clock.latest = std::max(clock.latest, *changes.truncate_time());
        clock.known_since = clock.latest;
    }
    if (clock.ends.size() <= known_ends_max) return;
    clock.ends.clear();
    clock.known_since = clock.latest;
}

}  // namespace walferry
